-- The credits of a session for a sum; NaN and infinity count as zero.
CASE WHEN v.amount::numeric IN ('NaN', 'Infinity', '-Infinity') THEN 0 ELSE coalesce(v.amount::numeric, 0) END

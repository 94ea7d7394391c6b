-- The credits of a session in sums; what is not finite counts as nothing.
CASE WHEN v.amount::numeric IN ('NaN', 'Infinity', '-Infinity') THEN 0 ELSE coalesce(v.amount::numeric, 0) END

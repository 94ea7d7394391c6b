-- The credits of a session for a sum; null, NaN and infinity count as zero.
CASE WHEN pg_catalog.abs(v.amount::numeric) < 'Infinity' THEN v.amount::numeric ELSE 0 END

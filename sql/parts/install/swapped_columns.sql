-- The columns that the file names and that are others than at installation, while those are still there: as after one
-- was renamed and another got its name.
FROM pg_catalog.jsonb_each(coalesce(%(bound_columns)s::jsonb, '{}')) AS t (oid, names)
JOIN pg_catalog.pg_attribute AS now
  ON now.attrelid = t.oid::oid
 AND (t.names ->> now.attname::text)::int2 <> now.attnum
CROSS JOIN LATERAL (
    SELECT a.attname
    FROM pg_catalog.pg_attribute AS a
    WHERE a.attrelid = now.attrelid
      AND a.attnum = (t.names ->> now.attname::text)::int2
      AND NOT a.attisdropped
    LIMIT 1  -- a join would take twice as long to plan, in each batch
) AS kept

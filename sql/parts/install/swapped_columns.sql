-- The columns that the file names and that are others than at installation, while those are still there: as after one
-- was renamed and another got its name.
FROM pg_catalog.jsonb_each(coalesce(%(bound_columns)s::jsonb, '{}')) AS t (oid, names)
CROSS JOIN LATERAL pg_catalog.jsonb_each_text(t.names) AS bound (name, number)
JOIN pg_catalog.pg_attribute AS now
  ON now.attrelid::bigint = t.oid::bigint
 AND now.attname::text = bound.name
 AND now.attnum::int <> bound.number::int
JOIN pg_catalog.pg_attribute AS kept
  ON kept.attrelid = now.attrelid
 AND kept.attnum::int = bound.number::int
 AND NOT kept.attisdropped

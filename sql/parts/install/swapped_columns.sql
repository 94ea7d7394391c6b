-- The columns that the file names and that are others than at installation, while those are still there: as after one
-- was renamed and another got its name.
FROM pg_catalog.jsonb_each(coalesce(%(bound_columns)s::jsonb, '{}')) AS t (oid, names)
CROSS JOIN LATERAL pg_catalog.jsonb_each_text(t.names) AS bound (name, number)
JOIN pg_catalog.pg_attribute AS now
  ON now.attrelid = t.oid::oid
 AND now.attname = bound.name::name
 AND now.attnum <> bound.number::int2
JOIN pg_catalog.pg_attribute AS kept
  ON kept.attrelid = now.attrelid
 AND kept.attnum = bound.number::int2
 AND NOT kept.attisdropped

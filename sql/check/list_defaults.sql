-- Which columns of a table get a value by themselves.
SELECT a.attname AS name
FROM pg_catalog.pg_attribute AS a
WHERE a.attrelid = %(table_oid)s::oid
  AND a.attnum > 0
  AND NOT a.attisdropped
  AND (a.atthasdef OR a.attidentity <> '' OR a.attgenerated <> '')

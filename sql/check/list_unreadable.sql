-- Lists the columns of a table that this role may not read: a runner may read only what the mapping does.
SELECT a.attname AS name
FROM pg_catalog.pg_attribute AS a
WHERE a.attrelid = %(table_oid)s::oid
  AND a.attnum > 0
  AND NOT a.attisdropped
  AND NOT pg_catalog.has_column_privilege(a.attrelid, a.attnum, 'SELECT')

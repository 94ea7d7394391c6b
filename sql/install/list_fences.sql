-- Lists the tables with the fence of this installation. The trigger of an older version has a condition that names the
-- status column.
SELECT n.nspname AS schema_name,
       c.relname AS table_name,
       t.tgname AS name,
       t.tgqual IS NOT NULL AS names_status
FROM pg_catalog.pg_trigger AS t
JOIN pg_catalog.pg_class AS c ON c.oid = t.tgrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_proc AS p ON p.oid = t.tgfoid
JOIN pg_catalog.pg_namespace AS own ON own.oid = p.pronamespace
WHERE own.nspname = %(schema_name)s
  AND p.proname = 'fence'
  AND NOT t.tgisinternal
  AND t.tgparentid = 0::oid
ORDER BY n.nspname, c.relname

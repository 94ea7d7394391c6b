-- Lists the other schemas in which sweeper is installed. A schema that keeps its refunds after uninstalling has no
-- locks table.
SELECT n.nspname AS schema_name
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relname = 'settings'
  AND c.relkind = 'r'
  AND n.nspname <> %(schema_name)s
  AND (
      SELECT pg_catalog.count(*)
      FROM pg_catalog.pg_attribute AS a
      WHERE a.attrelid = c.oid
        AND a.attname IN ('fingerprint', 'charge_key', 'horizon_policy')
        AND NOT a.attisdropped
  ) = 3
  AND EXISTS (
      SELECT
      FROM pg_catalog.pg_class AS l
      WHERE l.relnamespace = c.relnamespace AND l.relname = 'locks'
  )
  AND pg_catalog.has_schema_privilege(n.oid, 'USAGE')
  AND pg_catalog.has_table_privilege(c.oid, 'SELECT')
ORDER BY n.nspname

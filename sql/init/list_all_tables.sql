-- Lists the app's tables, as SQL would name them.
SELECT c.oid::bigint AS oid,
       n.nspname AS schema_name,
       pg_catalog.row_security_active(c.oid) AS hides_rows,
       c.relname AS table_name,
       CASE WHEN pg_catalog.pg_table_is_visible(c.oid) THEN '' ELSE pg_catalog.quote_ident(n.nspname) || '.' END
           || pg_catalog.quote_ident(c.relname) AS as_sql
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p')
  AND NOT c.relispartition
  AND n.nspname NOT IN ('information_schema')
  AND n.nspname NOT LIKE 'pg\_%%'
  -- tables of an extension are not the app's, nor are those of sweeper
  AND NOT EXISTS (
      SELECT
      FROM pg_catalog.pg_depend AS d
      WHERE d.classid = 'pg_catalog.pg_class'::regclass::oid AND d.objid = c.oid AND d.deptype = 'e'
  )
  AND NOT EXISTS (
      SELECT
      FROM pg_catalog.pg_class AS ours
      JOIN pg_catalog.pg_attribute AS a ON a.attrelid = ours.oid AND a.attname = 'fingerprint'
      WHERE ours.relnamespace = n.oid AND ours.relname = 'settings'
  )
ORDER BY n.nspname, c.relname
LIMIT 2000

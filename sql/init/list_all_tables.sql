-- Lists the app's tables by the name that SQL would use, and whether each may be read. A table of a role that would
-- gain rights is not: its owner can run functions with the reader's rights, by an index that the planner looks at, or
-- by a cast of a column's type.
WITH RECURSIVE may_create AS (
    SELECT DISTINCT c.relowner AS role
    FROM pg_catalog.pg_class AS c
    WHERE c.relkind IN ('r', 'p')
),
{include strangers},
strange AS MATERIALIZED (
    SELECT owned.relowner
    FROM (SELECT c.role AS relowner FROM may_create AS c) AS owned
    WHERE {include of_stranger}
)
SELECT c.oid::bigint AS oid,
       n.nspname AS schema_name,
       pg_catalog.row_security_active(c.oid) AS hides_rows,
       c.relname AS table_name,
       CASE WHEN pg_catalog.pg_table_is_visible(c.oid) THEN '' ELSE pg_catalog.quote_ident(n.nspname) || '.' END
           || pg_catalog.quote_ident(c.relname) AS as_sql,
       pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(c.relowner)::text) AS owner,
       c.relowner IN (SELECT o.relowner FROM strange AS o) AS of_stranger
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p')
  AND NOT c.relispartition
  AND n.nspname NOT IN ('information_schema')
  AND n.nspname NOT LIKE 'pg\_%%'
  -- tables of an extension are not the app's, and neither are sweeper's own
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
ORDER BY of_stranger, n.nspname, c.relname
LIMIT 2000

-- Lists the app's tables by the name that SQL would use, to suggest the nearest one for a wrong name in the file.
SELECT c.relname AS table_name,
       CASE WHEN pg_catalog.pg_table_is_visible(c.oid) THEN '' ELSE pg_catalog.quote_ident(n.nspname) || '.' END
           || pg_catalog.quote_ident(c.relname) AS as_sql,
       pg_catalog.has_schema_privilege(n.oid, 'USAGE') AS reachable
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p')
  AND n.nspname NOT IN ('information_schema', %(own_schema)s)
  AND n.nspname NOT LIKE 'pg\_%%'
ORDER BY c.relname
LIMIT 1000

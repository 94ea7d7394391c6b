-- Lists the tables and columns that the probing view depends on; no columns where it depends on the table as a whole.
-- `row_security` is whether policies may hide rows of the table.
SELECT n.nspname AS schema_name,
       c.relname AS table_name,
       coalesce(pg_catalog.array_agg(a.attname::text ORDER BY a.attnum) FILTER (WHERE a.attnum > 0), '{}') AS columns,
       c.relrowsecurity AS row_security
FROM pg_catalog.pg_rewrite AS r
JOIN pg_catalog.pg_depend AS d
  ON d.classid = 'pg_catalog.pg_rewrite'::regclass::oid
    AND d.objid = r.oid
    AND d.refclassid = 'pg_catalog.pg_class'::regclass::oid
JOIN pg_catalog.pg_class AS c ON c.oid = d.refobjid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = d.refobjsubid AND d.refobjsubid > 0
WHERE r.ev_class = pg_catalog.to_regclass('pg_temp.sweeper_probe')::oid
  AND c.oid <> r.ev_class
  AND n.nspname NOT IN ('pg_catalog', 'information_schema', %(own_schema)s)
GROUP BY n.nspname, c.relname, c.relrowsecurity
ORDER BY n.nspname, c.relname

-- Lists the rules on the tables that a refund writes to: they make Postgres reject the statement that pays.
SELECT c.relname AS table_name,
       r.rulename AS name,
       pg_catalog.format('DROP RULE %%I ON %%s;', r.rulename, c.oid::regclass) AS fix
FROM pg_catalog.pg_rewrite AS r
JOIN pg_catalog.pg_class AS c ON c.oid = r.ev_class
JOIN ROWS FROM (
    pg_catalog.unnest(%(names)s::text[]),
    pg_catalog.unnest(%(inserted)s::boolean[])
) AS written (name, inserted)
    ON c.oid = pg_catalog.to_regclass(written.name)::oid
WHERE r.ev_enabled <> 'D'
  AND (r.ev_type = '2' OR written.inserted AND r.ev_type = '3')
ORDER BY c.relname, r.rulename

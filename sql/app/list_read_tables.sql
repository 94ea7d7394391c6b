-- Lists the tables and views that subqueries of the file read, by the names that they have there.
SELECT w.name, c.oid::bigint AS oid
FROM pg_catalog.unnest(%(names)s::text[]) AS w (name)
JOIN pg_catalog.pg_class AS c ON c.oid = pg_catalog.to_regclass(w.name)::oid
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
ORDER BY w.name

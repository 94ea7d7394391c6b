-- Lists the tables and views that subqueries of the file read, by the names that they have there, with the numbers of
-- the columns that these may name.
SELECT w.name,
       c.oid::bigint AS oid,
       (
           SELECT coalesce(pg_catalog.jsonb_object_agg(a.attname::text, a.attnum::int), '{}')
           FROM pg_catalog.pg_attribute AS a
           WHERE a.attrelid = c.oid
             AND a.attname::text = ANY (%(columns)s::text[])
             AND a.attnum > 0
             AND NOT a.attisdropped
       ) AS numbers
FROM pg_catalog.unnest(%(names)s::text[]) AS w (name)
JOIN pg_catalog.pg_class AS c ON c.oid = pg_catalog.to_regclass(w.name)::oid
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
ORDER BY w.name

-- Lists the app's functions: their source, the tables on which a trigger calls them, and whether each refund of ours
-- does; and the app's views, because a write to one may be a write to any table.
SELECT p.oid::bigint AS oid,
       p.proname AS name,
       l.lanname IN ('plpgsql', 'sql') AS readable,
       coalesce(pg_catalog.pg_get_function_sqlbody(p.oid), p.prosrc) AS source,
       ARRAY(
           SELECT pg_catalog.lower(c.relname::text)
           FROM pg_catalog.pg_trigger AS t
           JOIN pg_catalog.pg_class AS c ON c.oid = t.tgrelid
           WHERE t.tgfoid = p.oid AND NOT t.tgisinternal AND t.tgenabled <> 'D'
       ) AS tables,
       viewed.names AS views,
       EXISTS (
           SELECT
           FROM pg_catalog.pg_trigger AS t
           WHERE t.tgfoid = p.oid
             AND t.tgrelid = pg_catalog.to_regclass(%(name)s)::oid
             AND NOT t.tgisinternal
             AND t.tgenabled <> 'D'
             AND t.tgtype::int & 4 <> 0  -- INSERT
       ) AS is_hook
FROM pg_catalog.pg_proc AS p
JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
JOIN pg_catalog.pg_language AS l ON l.oid = p.prolang
CROSS JOIN (
    SELECT pg_catalog.array_agg(pg_catalog.lower(c.relname::text)) AS names
    FROM pg_catalog.pg_class AS c
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.relkind = 'v' AND n.nspname NOT IN ('pg_catalog', 'information_schema')
) AS viewed
WHERE p.prokind IN ('f', 'p')
  AND n.nspname NOT IN ('pg_catalog', 'information_schema')
ORDER BY is_hook DESC, p.oid
LIMIT 10000

-- Finds a table or column whose name in the file a migration of the app has given to another one since this run began.
SELECT found.name
FROM (
    SELECT t.key AS name
    FROM pg_catalog.jsonb_each_text(%(bound_tables)s::jsonb) AS t
    WHERE coalesce(pg_catalog.to_regclass(t.key)::oid::bigint, 0::bigint) <> t.value::bigint
    UNION ALL
    SELECT pg_catalog.concat(now.attrelid::regclass::text, '.', now.attname)
    {include swapped_columns}
) AS found
ORDER BY found.name
LIMIT 1

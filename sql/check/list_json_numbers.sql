-- The numbers above zero that some sessions have in a json column, by their key, and one session with it.
SELECT pair.key AS name,
       pg_catalog.count(*) AS sessions,
       pg_catalog.min({session_id}::text) AS sample
FROM {sessions} AS s
CROSS JOIN LATERAL pg_catalog.jsonb_each(
    CASE WHEN pg_catalog.jsonb_typeof(s.{column}::jsonb) = 'object' THEN s.{column}::jsonb END
) AS pair (key, value)
WHERE {include chosen}
  AND CASE WHEN pg_catalog.jsonb_typeof(pair.value) = 'number' THEN pair.value::numeric > 0::numeric END
GROUP BY pair.key
ORDER BY pair.key
LIMIT 100

-- Lists the numbers above zero that some sessions have in a JSON column, by key, with one session for each key.
SELECT pair.key AS name,
       pg_catalog.count(*) AS sessions,
       pg_catalog.min({session_id}::text) AS sample
FROM {sessions} AS s
CROSS JOIN LATERAL pg_catalog.jsonb_each(
    CASE WHEN pg_catalog.jsonb_typeof(pg_catalog.to_jsonb(s.{column})) = 'object' THEN pg_catalog.to_jsonb(s.{column}) END
) AS pair (key, value)
WHERE {include chosen}
  AND CASE WHEN pg_catalog.jsonb_typeof(pair.value) = 'number' THEN pair.value::numeric > 0::numeric END
GROUP BY pair.key
ORDER BY pair.key
LIMIT 100

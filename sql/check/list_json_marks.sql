-- The keys of a json column of some sessions that say, by their name, that a session was refunded, and that are set.
SELECT pair.key AS name,
       pg_catalog.count(*) AS sessions
FROM {sessions} AS s
CROSS JOIN LATERAL pg_catalog.jsonb_each_text(
    CASE WHEN pg_catalog.jsonb_typeof(s.{column}::jsonb) = 'object' THEN s.{column}::jsonb END
) AS pair (key, value)
WHERE {include chosen}
  AND pair.key ~* %(words)s::text
  AND pair.value !~* '^(|false|f|no|0|null)$'::text
GROUP BY pair.key
ORDER BY pair.key
LIMIT 20

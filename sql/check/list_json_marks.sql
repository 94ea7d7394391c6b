-- Lists the keys in a JSON column of some sessions that are set and whose names say that a session was refunded.
SELECT pair.key AS name,
       pg_catalog.count(*) AS sessions
FROM {sessions} AS s
CROSS JOIN LATERAL pg_catalog.jsonb_each_text(
    CASE WHEN pg_catalog.jsonb_typeof(pg_catalog.to_jsonb(s.{column})) = 'object' THEN pg_catalog.to_jsonb(s.{column}) END
) AS pair (key, value)
WHERE {include chosen}
  AND pair.key ~* %(words)s::text
  AND pair.value !~* '^(|false|f|no|0|null)$'::text
GROUP BY pair.key
ORDER BY pair.key
LIMIT 20

-- Finds the keys in a JSON column whose values are ids of sessions: a link that no column or foreign key shows.
SELECT found.name AS name,
       pg_catalog.count(*) AS rows,
       pg_catalog.count(*) FILTER (WHERE found.known) AS known
FROM (
    SELECT pair.key AS name,
           EXISTS (SELECT FROM {sessions} AS t WHERE t.{session_key} OPERATOR(pg_catalog.=) {typed}) AS known
    FROM (
        SELECT {json}::jsonb AS content
        FROM {table} AS s
        WHERE {json} IS NOT NULL
        ORDER BY s.{key} DESC
        LIMIT 300
    ) AS line
    CROSS JOIN LATERAL pg_catalog.jsonb_each_text(
        CASE WHEN pg_catalog.jsonb_typeof(line.content) = 'object' THEN line.content END
    ) AS pair (key, link)
) AS found
GROUP BY found.name
HAVING pg_catalog.count(*) FILTER (WHERE found.known) > 0
ORDER BY known DESC, name
LIMIT 10

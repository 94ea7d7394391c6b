-- Which values a column has, among the first and the last rows by a unique key: a bounded look, newest first.
SELECT found.value AS value,
       pg_catalog.count(*) AS rows
FROM (
    -- a row of a short table is among both, and counted once
    (SELECT {key}::text AS id, {column}::text AS value FROM {table} AS s ORDER BY s.{key} DESC LIMIT 5000)
    UNION
    (SELECT {key}::text AS id, {column}::text AS value FROM {table} AS s ORDER BY s.{key} LIMIT 1000)
) AS found
WHERE found.value IS NOT NULL
GROUP BY found.value
ORDER BY rows DESC, value
LIMIT 40

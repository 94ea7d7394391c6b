-- Lists the values of a column in the first and the last rows by a unique key: a bounded sample, newest first.
SELECT found.value AS value,
       pg_catalog.count(*) AS rows
FROM (
    -- in a short table a row may be in both, and is counted once
    (SELECT {key}::text AS id, {column}::text AS value FROM {table} AS s ORDER BY s.{key} DESC LIMIT 5000)
    UNION
    (SELECT {key}::text AS id, {column}::text AS value FROM {table} AS s ORDER BY s.{key} LIMIT 1000)
) AS found
WHERE found.value IS NOT NULL
GROUP BY found.value
ORDER BY rows DESC, value
LIMIT 40

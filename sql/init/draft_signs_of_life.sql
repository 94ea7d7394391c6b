-- For how many running sessions a time is later than their start by more than a minute, so that it changes meanwhile.
SELECT pg_catalog.count(*) AS running,
       pg_catalog.count(*) FILTER (WHERE found.later > interval '1 minute') AS moved
FROM (
    SELECT {at} - {started} AS later
    FROM {table} AS s
    WHERE {running}
    ORDER BY s.{key} DESC
    LIMIT 5000
) AS found

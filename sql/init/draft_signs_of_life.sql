-- Counts for how many running sessions a time is more than a minute after their start, so that it changes while they
-- run, how many have it at all, and for how many it is more than an hour after.
SELECT pg_catalog.count(*) AS running,
       pg_catalog.count(*) FILTER (WHERE found.later > interval '1 minute') AS moved,
       pg_catalog.count(found.later) AS known,
       pg_catalog.count(*) FILTER (WHERE found.later > interval '1 hour') AS late
FROM (
    SELECT {at} - {started} AS later
    FROM {table} AS s
    WHERE {running}
    ORDER BY s.{key} DESC
    LIMIT 5000
) AS found

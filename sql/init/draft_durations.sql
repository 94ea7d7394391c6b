-- Measures how long the newest successful sessions took: the longest, in seconds, and how many were read.
SELECT pg_catalog.count(*) AS rows,
       coalesce(EXTRACT(epoch FROM pg_catalog.max(found.took)), 0)::bigint AS seconds
FROM (
    SELECT {ended} - {started} AS took
    FROM {table} AS s
    WHERE {succeeded} AND {ended} > {started}
    ORDER BY s.{key} DESC
    LIMIT 5000
) AS found

-- Lists statuses that sessions have, the most frequent first, to show them where the file names one that cannot be. Reads
-- no more rows than it takes a moment for.
SELECT seen.status,
       pg_catalog.count(*) AS sessions
FROM (
    SELECT {status}::text AS status
    FROM {sessions} AS s
    LIMIT %(limit)s::bigint
) AS seen
GROUP BY seen.status
ORDER BY sessions DESC, seen.status
LIMIT 12

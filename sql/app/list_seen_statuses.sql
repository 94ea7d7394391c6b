-- Lists statuses that sessions have, the most frequent first, for the error about a status that cannot be. Reads
-- only as many rows as take a moment.
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

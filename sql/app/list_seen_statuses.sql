-- Lists statuses that sessions have, the most frequent first, for the error about an invalid status. Reads only a few
-- rows.
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

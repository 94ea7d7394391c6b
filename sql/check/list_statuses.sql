-- Which statuses of sessions no list of the mapping names, and how many sessions have each; of a large table, in a sample.
-- They are grouped as they are: the text of each of millions would take longer than reading them.
SELECT found.status::text AS status,
       pg_catalog.sum(found.sessions)::bigint AS sessions
FROM (
    SELECT {status} AS status,
           pg_catalog.count(*) AS sessions
    FROM {sessions} AS s{if sampled} TABLESAMPLE SYSTEM (1){end}
    GROUP BY 1
) AS found
WHERE (found.status {status_eq} ANY (%(named)s::text[]::{status_type}[])) IS NOT TRUE
GROUP BY 1
ORDER BY 2 DESC, 1
LIMIT 10

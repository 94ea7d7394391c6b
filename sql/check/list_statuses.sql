-- Lists the statuses of sessions that the mapping does not name, and how many sessions have each; of a large table, in
-- a sample. Groups them in their own type, because converting millions to text would take longer than reading them.
SELECT found.status::text AS status,
       pg_catalog.sum(found.sessions)::bigint AS sessions
FROM (
    SELECT {status} AS status,
           pg_catalog.count(*) AS sessions
    FROM {sessions} AS s{if sampled} TABLESAMPLE SYSTEM (1){end}
    WHERE ({status} {status_eq} ANY (%(named)s::text[]::{status_type}[])) IS NOT TRUE{if never}
      AND ({never}) IS NOT TRUE  -- sessions that the file leaves out{end}
    GROUP BY 1
) AS found
GROUP BY 1
ORDER BY 2 DESC, 1
LIMIT 10

-- Counts, by status, how many of some sessions have an end time, and how many an error.
SELECT {status}::text AS status,
       pg_catalog.count(*) AS sessions,
       pg_catalog.count({ended_at}) AS ended,
       pg_catalog.count(*) FILTER (WHERE {error} <> '') AS errors,
       (pg_catalog.array_agg({session_id}::text))[1:3] AS samples
FROM {sessions} AS s
WHERE {include chosen}
GROUP BY 1

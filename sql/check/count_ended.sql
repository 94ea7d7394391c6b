-- Of some sessions, how many of each status have an end.
SELECT {status}::text AS status,
       pg_catalog.count(*) AS sessions,
       pg_catalog.count({ended_at}) AS ended
FROM {sessions} AS s
WHERE {include chosen}
GROUP BY 1

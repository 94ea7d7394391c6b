-- Which statuses of sessions no list of the mapping names, and how many sessions have each.
SELECT {status}::text AS status,
       pg_catalog.count(*) AS sessions
FROM {sessions} AS s
WHERE {status} IS NULL
   OR {status}::text <> ALL (%(named)s::text[])
GROUP BY 1
ORDER BY 2 DESC, 1
LIMIT 10

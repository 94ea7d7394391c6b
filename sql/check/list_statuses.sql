-- Which statuses of sessions no list of the mapping names, and how many sessions have each; of a large table, in a sample.
SELECT {status}::text AS status,
       pg_catalog.count(*) AS sessions
FROM {sessions} AS s{if sampled} TABLESAMPLE SYSTEM (1){end}
WHERE {status} IS NULL
   OR {status}::text <> ALL (%(named)s::text[])
GROUP BY 1
ORDER BY 2 DESC, 1
LIMIT 10

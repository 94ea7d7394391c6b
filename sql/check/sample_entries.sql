-- Reports whether a column groups the newest rows of the app's ledger into entries that sum to zero, as in double
-- entry.
SELECT pg_catalog.count(*) AS groups,
       pg_catalog.count(*) FILTER (WHERE entries.rows > 1 AND entries.total = 0::numeric) AS balanced,
       pg_catalog.max(entries.name) FILTER (WHERE entries.rows > 1 AND entries.total = 0::numeric) AS sample
FROM (
    SELECT l.name,
           pg_catalog.count(*) AS rows,
           pg_catalog.sum(l.amount) AS total
    FROM (
        SELECT l.{column}::text AS name,
               l.{amount_column}::numeric AS amount
        FROM {ledger} AS l
        WHERE l.{column} IS NOT NULL
        ORDER BY l.{key} DESC
        LIMIT 5000
    ) AS l
    GROUP BY l.name
) AS entries

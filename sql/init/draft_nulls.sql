-- Counts how many of the newest rows that a condition selects are null in a column.
SELECT pg_catalog.count(*) AS rows,
       pg_catalog.count(*) FILTER (WHERE found.empty) AS empty
FROM (
    SELECT s.{column} IS NULL AS empty
    FROM {table} AS s
    WHERE {condition}
    ORDER BY s.{key} DESC
    LIMIT 5000
) AS found

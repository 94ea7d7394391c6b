-- Lists the texts in a column of the newest rows that a condition selects.
SELECT found.value AS value
FROM (
    SELECT s.{column}::text AS value
    FROM {table} AS s
    WHERE {condition}
    ORDER BY s.{key} DESC
    LIMIT 300
) AS found
WHERE found.value IS NOT NULL
GROUP BY found.value
ORDER BY pg_catalog.count(*) DESC
LIMIT 3

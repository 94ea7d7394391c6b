-- Counts how many of the newest rows refer to a row of another table by this column, without a foreign key.
SELECT pg_catalog.count(*) AS looked_at,
       pg_catalog.count(*) FILTER (WHERE EXISTS (SELECT FROM {target} AS t WHERE t.{target_column} OPERATOR(pg_catalog.=) found.value)) AS matching
FROM (
    SELECT s.{column} AS value
    FROM {table} AS s
    WHERE s.{column} IS NOT NULL
    ORDER BY s.{key} DESC
    LIMIT 200
) AS found

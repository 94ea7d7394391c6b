-- Counts for how many of the newest rows of a table a condition is true.
SELECT pg_catalog.count(*) AS rows,
       pg_catalog.count(*) FILTER (WHERE found.holds) AS holding
FROM (
    SELECT ({condition}) IS TRUE AS holds
    FROM {table} AS a
    ORDER BY {key} DESC
    LIMIT 5000
) AS found

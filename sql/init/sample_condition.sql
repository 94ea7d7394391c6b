-- Counts, of the newest rows of a table that a condition selects, for how many another is true.
SELECT pg_catalog.count(*) AS rows,
       pg_catalog.count(*) FILTER (WHERE found.holds) AS holding
FROM (
    SELECT ({condition}) IS TRUE AS holds
    FROM {table} AS s
    WHERE {among}
    ORDER BY s.{key} DESC
    LIMIT 5000
) AS found

-- Counts for how many of the newest sessions with certain statuses an expression gives a charge.
SELECT pg_catalog.count(*) AS rows,
       pg_catalog.count(*) FILTER (WHERE found.taken > 0::numeric) AS taken
FROM (
    SELECT ({expression})::numeric AS taken
    FROM {table} AS s
    WHERE {condition}
    ORDER BY s.{key} DESC
    LIMIT 200
) AS found

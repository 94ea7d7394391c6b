-- Counts how many of the newest and the oldest failed sessions have a value in a column, which may be what was
-- delivered before they failed.
SELECT pg_catalog.count(*) AS failed,
       pg_catalog.count(*) FILTER (WHERE found.marked) AS marked
FROM (
    (SELECT ({condition}) IS TRUE AS marked FROM {table} AS s WHERE {failed} ORDER BY s.{key} DESC LIMIT 5000)
    UNION ALL
    (SELECT ({condition}) IS TRUE AS marked FROM {table} AS s WHERE {failed} ORDER BY s.{key} LIMIT 5000)
) AS found

-- Counts the different numbers that columns of a table have in its newest rows.
SELECT pg_catalog.count(*) AS rows,
       ARRAY[{each amounts ", "}pg_catalog.count(DISTINCT l.{column}::numeric){end}]::bigint[] AS different
FROM (
    SELECT {each amounts ", "}l.{column}{end}
    FROM {table} AS l
    ORDER BY l.{key} DESC
    LIMIT 5000
) AS l

-- Finds the columns of a table that have the same number in all of its newest rows.
SELECT pg_catalog.count(*) AS rows,
       ARRAY[{each amounts ", "}pg_catalog.min(l.{column}::numeric) = pg_catalog.max(l.{column}::numeric){end}]::boolean[] AS constant
FROM (
    SELECT {each amounts ", "}l.{column}{end}
    FROM {table} AS l
    ORDER BY l.{key} DESC
    LIMIT 5000
) AS l

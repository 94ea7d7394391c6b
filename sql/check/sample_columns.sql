-- Counts in how many of the newest rows of a table each of several columns is set to something meaningful.
SELECT pg_catalog.count(*) AS rows,
       ARRAY[{each looked ", "}pg_catalog.count(*) FILTER (WHERE l.item_{place}){end}]::bigint[] AS counts
FROM (
    -- only the given columns: a runner may not read the others
    SELECT {each looked ""}{if condition}({condition}) IS TRUE{end}{if number}{row}.{column}::numeric <> 0::numeric{end}{if flag}{row}.{column} IS TRUE{end}{if moment}{row}.{column} IS NOT NULL{end} AS item_{place},
           {end}({filter}) IS TRUE AS chosen
    FROM {table} AS {row}
    ORDER BY {row}.{key} DESC
    LIMIT 5000
) AS l
WHERE l.chosen

-- Counts in how many of the newest rows of a table each of several columns is set to something meaningful.
SELECT pg_catalog.count(*) AS rows,
       ARRAY[{each looked ", "}pg_catalog.count(*) FILTER (WHERE l.item_{place}){end}]::bigint[] AS counts
FROM (
    -- only the given columns: a runner may not read the others
    SELECT {each looked ""}{if condition}({condition}) IS TRUE{end}{if number}l.{column}::numeric <> 0::numeric{end}{if flag}l.{column} IS TRUE{end}{if moment}l.{column} IS NOT NULL{end} AS item_{place},
           {end}{if down}l.{down}::numeric < 0::numeric{else}({filter}) IS TRUE{end} AS chosen
    FROM {table} AS l
    ORDER BY l.{key} DESC
    LIMIT 5000
) AS l
WHERE l.chosen

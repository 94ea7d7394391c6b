-- For how many of the newest rows of a table each of several columns has a value that says something.
SELECT pg_catalog.count(*) AS rows,
       ARRAY[{each looked ", "}pg_catalog.count(*) FILTER (
           WHERE {if condition}({condition}) IS TRUE{end}{if number}l.{column}::numeric <> 0::numeric{end}{if flag}l.{column} IS TRUE{end}{if moment}l.{column} IS NOT NULL{end}
       ){end}]::bigint[] AS counts
FROM (
    SELECT l.*
    FROM {table} AS l
    ORDER BY l.{key} DESC
    LIMIT 5000
) AS l
WHERE {if down}l.{down}::numeric < 0::numeric{else}({filter}) IS TRUE{end}

-- Reports whether the newest numbers of a column can be seconds or milliseconds since 1970.
SELECT CASE WHEN pg_catalog.bool_and(found.at BETWEEN 1000000000 AND 4000000000) THEN 'seconds'
            WHEN pg_catalog.bool_and(found.at BETWEEN 1000000000000 AND 4000000000000) THEN 'milliseconds'
            ELSE 'other' END AS unit
FROM (
    SELECT s.{column}::numeric AS at
    FROM {table} AS s
    WHERE s.{column} IS NOT NULL
    ORDER BY s.{key} DESC
    LIMIT 1000
) AS found

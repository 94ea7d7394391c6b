-- What a small table of the app's calls the values that another table has of it: the names of statuses that are numbers.
SELECT t.{key}::text AS value,
       t.{column}::text AS label
FROM {table} AS t
WHERE t.{column} IS NOT NULL
LIMIT 200

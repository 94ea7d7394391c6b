-- Lists the names that a small table of the app has for the values of another table's column, such as numeric statuses.
SELECT t.{key}::text AS value,
       t.{column}::text AS label
FROM {table} AS t
WHERE t.{column} IS NOT NULL
LIMIT 200

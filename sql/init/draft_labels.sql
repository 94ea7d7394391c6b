-- Lists the names in a table of states, by their key.
SELECT s.{key}::text AS value,
       s.{label}::text AS label
FROM {table} AS s
WHERE s.{label} IS NOT NULL
ORDER BY s.{key}
LIMIT 40

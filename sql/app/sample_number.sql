-- Reads one value of an expression over a row: its size shows which unit of time it counts.
SELECT ({expression})::numeric AS value
FROM {table} AS s
WHERE ({expression}) IS NOT NULL
LIMIT 1

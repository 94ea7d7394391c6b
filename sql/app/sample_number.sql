-- One value of an expression over a row: how large it is says what a number of a time counts.
SELECT ({expression})::numeric AS value
FROM {table} AS {alias}
WHERE ({expression}) IS NOT NULL
LIMIT 1

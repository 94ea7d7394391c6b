-- Reads numbers in the rows of a table, such as the balances of accounts.
SELECT ({key})::text AS id,
       {if balance}({balance})::numeric::text{else}NULL::text{end} AS balance,
       ARRAY[{each numbers ", "}a.{column}::numeric::text{end}]::text[] AS numbers
FROM {table} AS a
WHERE {key} {key_eq} ANY (ARRAY(SELECT pg_catalog.unnest(%(ids)s::text[]::{key_type}[])))
LIMIT 1000

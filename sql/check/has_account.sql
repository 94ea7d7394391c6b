-- Reports whether a column of the accounts has any of the values that sessions have as their account.
SELECT true AS found
FROM {accounts} AS a
WHERE a.{column}::text = ANY (%(values)s::text[])
LIMIT 1

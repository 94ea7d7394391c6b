-- Of some values of the sessions' account, whether a column of the accounts has one of them.
SELECT true AS found
FROM {accounts} AS a
WHERE a.{column}::text = ANY (%(values)s::text[])
LIMIT 1

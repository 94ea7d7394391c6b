-- lock balances: the accounts of some refunds, in the order of their ids, as every layer should; skips those that the
-- app has locked.
SELECT {accounts_id}::text AS account_id,
       {balance}::text AS balance,
       {spent}::text AS spent,
       ARRAY[{each pools ", "}{value}::text{end}]::text[] AS pools
FROM {accounts} AS a
WHERE {accounts_id} {account_eq} ANY (%(account_ids)s::text[]::{account_type}[])
ORDER BY {accounts_id}
FOR NO KEY UPDATE SKIP LOCKED

-- lock accounts: in the order of their ids, as every layer should; skips those that the app has locked.
SELECT coalesce(pg_catalog.array_agg(locked.account_id), '{}') AS account_ids,
       coalesce(pg_catalog.array_agg(locked.balance), '{}') AS balances,
       coalesce(pg_catalog.array_agg(locked.spent), '{}') AS spents
FROM (
    SELECT {accounts_id}::text AS account_id,
           {balance}::text AS balance,
           {spent}::text AS spent
    FROM {accounts} AS a
    WHERE {accounts_id} {account_eq} ANY ({if by_account}%(account_ids)s::text[]::{account_type}[]{else}ARRAY(SELECT pg_catalog.unnest(%(account_ids)s::text[]::{account_type}[])){end})
    ORDER BY {accounts_id}
    FOR NO KEY UPDATE SKIP LOCKED
) AS locked

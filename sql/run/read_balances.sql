-- read balances: the balances after the refunds. In a statement of its own, which sees the changes by the app's
-- triggers.
SELECT coalesce(pg_catalog.array_agg({accounts_id}::text), '{}') AS account_ids,
       coalesce(pg_catalog.array_agg({balance}::text), '{}') AS balances,
       coalesce(pg_catalog.array_agg({spent}::text), '{}') AS spents
FROM {accounts} AS a
WHERE {accounts_id} {account_eq} ANY ({if by_account}%(account_ids)s::text[]::{account_type}[]{else}ARRAY(SELECT pg_catalog.unnest(%(account_ids)s::text[]::{account_type}[])){end})

-- What was added to the balances, or subtracted from them, by account.
SELECT coalesce(pg_catalog.sum(m.refunds), 0) AS moved_refunds,
       coalesce(pg_catalog.array_agg(m.account_id::text), '{}') AS moved_accounts,
       coalesce(pg_catalog.array_agg(m.amount::text), '{}') AS moved_amounts
FROM sweeper_moved AS m

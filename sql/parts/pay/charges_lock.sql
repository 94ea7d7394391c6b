-- The lock of an account's charges, where the app has no row of the account to lock.
pg_catalog.concat('charges ', pg_catalog.mod(pg_catalog.abs(pg_catalog.hashtext(v.account_id)::bigint), 64::bigint))

-- The lock for an account's charges, where the app has no row of the account to lock. One lock for all accounts, where
-- sessions of several may share a charge.
{if shares_charges}'charges 0'{else}pg_catalog.concat('charges ', pg_catalog.mod(pg_catalog.abs(pg_catalog.hashtext(v.account_id)::bigint), 64::bigint)){end}

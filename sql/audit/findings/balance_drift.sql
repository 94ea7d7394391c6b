-- balance_drift: the app's own rule, `accounts.invariant`, is not true of the account: something changed a balance
-- without the books.
-- To fix: find what wrote it, and let the app correct the account; sweeper never writes a balance to fix it.
SELECT {accounts_id}::text AS sample,
       pg_catalog.count(*) OVER () AS found
FROM {accounts} AS a
WHERE ({account_condition}) IS FALSE
ORDER BY {accounts_id}
LIMIT 5

-- balance_drift: the app's own rule, `accounts.invariant`, is not true of the account, or fails for it: something changed
-- a balance without the books.
-- To fix: find what wrote it, and let the app correct the account; sweeper never writes a balance to fix it.
SELECT {accounts_id}::text AS sample,
       pg_catalog.count(*) OVER () AS found
FROM {accounts} AS a
WHERE ({include asked_accounts})
  AND CASE WHEN {include asked_accounts} THEN ({account_condition}) IS FALSE END
ORDER BY {accounts_id}
LIMIT 5

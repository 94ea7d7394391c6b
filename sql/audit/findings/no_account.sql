-- no_account: the session is owed, and there is nobody to pay: its account was never recorded, or is gone.
-- To fix: bring the account back or name the right one, then `sweeper run --session ID`; or waive it:
-- `sweeper adopt --session ID --amount 0 --reason TEXT`.
SELECT standing.session_id AS sample,
       pg_catalog.count(*) OVER () AS found
{include standing}
  AND standing.place = 'held'
  AND standing.why = 'no_account'
ORDER BY standing.failed_at, standing.session_id
LIMIT 5

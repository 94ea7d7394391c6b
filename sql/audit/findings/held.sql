-- held: the session is owed, and no program may refund it (a run has put it on hold, or would): it waits for a decision.
-- To fix: `sweeper run --dry-run` says why. Fix the row or raise `policy.max_amount`, then
-- `sweeper run --session ID`; or waive it: `sweeper adopt --session ID --amount 0 --reason TEXT`.
SELECT standing.session_id AS sample,
       pg_catalog.count(*) OVER () AS found
{include standing}
  AND standing.place = 'held'
  AND standing.why <> 'no_account'
ORDER BY standing.failed_at, standing.session_id
LIMIT 5

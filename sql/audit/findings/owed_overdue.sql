-- owed_overdue: the session has been owed for more than `audit.overdue_after`: runs do not happen, or end early.
-- To fix: see that `sweeper run` is scheduled, and how it ends; one that a cap stopped (exit 4) needs a higher cap.
SELECT standing.session_id AS sample,
       pg_catalog.count(*) OVER () AS found
{include standing}
  AND standing.place = 'owed'
  AND standing.overdue
ORDER BY standing.failed_at, standing.session_id
LIMIT 5

-- When the earliest session started that is not settled: owed, in grace, or running and not stuck yet.
SELECT v.started_at::timestamptz AS started_at
{include reading}
WHERE {include in_scope}
  AND CASE WHEN {include in_scope} THEN {include verdict} IN ('owed', 'in_grace', 'not_stuck_yet') END
ORDER BY v.started_at, v.session_id
LIMIT 1

-- Finds when the earliest session started that may be owed later: one in grace, or running and not stuck yet.
SELECT pg_catalog.min(least(v.started_at::timestamptz, %(as_of)s::timestamptz)) AS started_at
{include live_reading}
WHERE {include is_live}
  AND {include near_reach}
  AND CASE WHEN {include in_scope} THEN {include in_grace} OR {include not_stuck_yet} END

-- The first failed sessions after a moment whose refund is in the app's ledger and not in sweeper's own.
SELECT live.session_id, live.attempt, live.owed_from
FROM (
    SELECT v.session_id, v.attempt, v.started_at, {include owed_from} AS owed_from
    {include live_reading}
    WHERE {include is_live}
      AND v.started_at >= span.since::{started_type}
      AND v.status {status_eq} ANY ({failed})
      AND v.attempt IS NOT NULL
    ORDER BY v.started_at
    LIMIT span.looked_at
) AS live
CROSS JOIN LATERAL (SELECT live.session_id, live.attempt) AS v
WHERE EXISTS (
    SELECT
    FROM {ledger} AS l
    WHERE {include in_app_ledger}
)
  AND NOT EXISTS (
    SELECT
    FROM {refunds} AS r
    WHERE r.session_id {session_eq} v.session_id AND r.attempt {attempt_eq} v.attempt
)
LIMIT span.wanted

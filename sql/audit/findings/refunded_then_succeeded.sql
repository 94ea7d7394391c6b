-- refunded_then_succeeded: the session is refunded, and has succeeded: the account got both the work and the credits.
-- To fix: `sweeper revert --session ID` takes the refund back; `sweeper install --fence` stops a worker that
-- finishes a session after its refund; a longer `policy.stuck_after` leaves slow sessions their time.
SELECT v.session_id::text AS sample,
       pg_catalog.count(*) OVER () AS found
{include reading}
JOIN {refunds} AS r
  ON {include refund_in_period}
WHERE v.status {status_eq} ANY ({succeeded})
  AND {include moved_credits}
  {if shared_ids}
  {else}
  {if unindexed}
  {else}
  -- a failed or running session has not succeeded: only a few are left to look up
  AND NOT EXISTS (
      SELECT
      FROM {sessions} AS s
      WHERE {live_condition}
        AND {session_id} {session_eq} r.session_id
  )
  {end}
  {end}
ORDER BY r.created_at, v.session_id
LIMIT 5

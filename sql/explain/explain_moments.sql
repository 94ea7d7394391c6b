-- The moments behind a verdict: those that count for the session's status. What no calendar has, such as infinity, is
-- left out.
SELECT CASE WHEN v.started_at BETWEEN '0002-01-01' AND '9998-01-01' THEN v.started_at::timestamptz END AS started_at,
       CASE WHEN v.status {status_eq} ANY ({running}) AND v.active_at BETWEEN '0002-01-01' AND '9998-01-01'
           THEN v.active_at
       END AS active_at,
       CASE WHEN v.status {status_eq} ANY ({failed}) AND v.failed_at BETWEEN '0002-01-01' AND '9998-01-01'
           THEN v.failed_at
       END AS failed_at
{include reading}
WHERE v.session_id {session_eq} %(session_id)s::text::{session_type}

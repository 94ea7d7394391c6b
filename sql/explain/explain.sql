-- explain: what a run makes of one session. The verdict is that of the statement that pays, and nothing is read
-- beside it that could fail where a run would not.
SELECT v.status {status_eq} ANY ({failed}) AS failed,
       v.status {status_eq} ANY ({running}) AS running,
       v.attempt::text AS attempt,
       coalesce(v.started_at::timestamptz < %(since)s::timestamptz, false) AS before_floor,
       {include verdict} AS verdict
{include reading}
WHERE v.session_id {session_eq} %(session_id)s::text::{session_type}

-- explain: what a run makes of one session. The verdict is that of the statement that pays, and nothing is read
-- beside it that could fail where a run would not.
SELECT v.status IN ({failed}) AS failed,
       v.status IN ({running}) AS running,
       v.attempt,
       coalesce(v.started_at < %(since)s::timestamptz::{started_type}, false) AS before_floor,
       {include verdict} AS verdict
{include reading}
WHERE v.session_id = %(session_id)s::text::{session_type}

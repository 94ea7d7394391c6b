-- explain: what a run would do with some sessions, in the order in which they were asked for. The verdict is that of
-- the statement that pays, and nothing else is read that could fail where a run would not.
SELECT asked.place,
       found.session_id,
       found.failed,
       found.running,
       found.attempt,
       found.verdict
FROM pg_catalog.unnest(%(session_ids)s::text[]::{session_type}[]) WITH ORDINALITY AS asked (session_id, place)
JOIN (
    SELECT v.session_id AS asked_id,
           v.session_id::text AS session_id,
           v.status {status_eq} ANY ({failed}) AS failed,
           v.status {status_eq} ANY ({running}) AS running,
           v.attempt::text AS attempt,
           -- what a run would decide next, if the floor did not hide the session from it
           CASE WHEN v.verdict IN ('owed', 'in_grace', 'not_stuck_yet')
                   AND v.started_at::timestamptz < %(since)s::timestamptz
               THEN 'before_floor'
               ELSE v.verdict
           END AS verdict
    FROM (
        SELECT v.*,
               {include verdict} AS verdict
        {include reading}
    ) AS v
    WHERE v.session_id {session_eq} ANY (%(session_ids)s::text[]::{session_type}[])
) AS found ON found.asked_id {session_eq} asked.session_id
ORDER BY asked.place

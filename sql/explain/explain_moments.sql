-- Reads the times behind some verdicts: those that count for each session's status. Leaves out times that no calendar
-- has, such as infinity.
SELECT asked.place,
       found.started_at,
       found.active_at,
       found.failed_at
FROM pg_catalog.unnest(%(session_ids)s::text[]::{session_type}[]) WITH ORDINALITY AS asked (session_id, place)
JOIN (
    SELECT v.session_id AS asked_id,
           CASE WHEN v.started_at BETWEEN '0002-01-01' AND '9998-01-01' THEN v.started_at::timestamptz END AS started_at,
           CASE WHEN v.status {status_eq} ANY ({running}) AND v.active_at BETWEEN '0002-01-01' AND '9998-01-01'
               THEN v.active_at
           END AS active_at,
           CASE WHEN v.status {status_eq} ANY ({failed}) AND v.failed_at BETWEEN '0002-01-01' AND '9998-01-01'
               THEN v.failed_at
           END AS failed_at
    {include reading}
    WHERE v.session_id {session_eq} ANY (%(session_ids)s::text[]::{session_type}[])
) AS found ON found.asked_id {session_eq} asked.session_id
ORDER BY asked.place

-- Reads the statuses of some sessions, in the order in which they were asked for. For a status that no run looks at it
-- also gives the verdict, which depends only on whether there is a refund.
SELECT asked.place,
       found.status,
       found.settled
FROM pg_catalog.unnest(%(session_ids)s::text[]::{session_type}[]) WITH ORDINALITY AS asked (session_id, place)
JOIN (
    SELECT {session_id} AS asked_id,
           {status}::text AS status,
           CASE WHEN {status} {status_eq} ANY ({live}) THEN NULL
                WHEN {status}::text = ANY (%(succeeded)s::text[]) THEN 'succeeded'
                ELSE 'unknown'
           END AS settled
    FROM {sessions} AS s
    WHERE {session_id} {session_eq} ANY (%(session_ids)s::text[]::{session_type}[])
) AS found ON found.asked_id {session_eq} asked.session_id
ORDER BY asked.place

-- The statuses of some sessions, by their place among those that were asked for. Of a status that no run looks at, it also
-- gives the verdict: there are no rules for such a session but its refund.
SELECT asked.place,
       found.status,
       found.settled
FROM pg_catalog.unnest(%(session_ids)s::text[]::{session_type}[]) WITH ORDINALITY AS asked (session_id, place)
CROSS JOIN LATERAL (
    SELECT {status}::text AS status,
           CASE WHEN {status} {status_eq} ANY ({live}) THEN NULL
                WHEN {status}::text = ANY (%(succeeded)s::text[]) THEN 'succeeded'
                ELSE 'unknown'
           END AS settled
    FROM {sessions} AS s
    WHERE {session_id} {session_eq} asked.session_id
    OFFSET 0
) AS found
ORDER BY asked.place

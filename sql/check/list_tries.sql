-- Lists sessions that some sessions name in a column of their own, sessions that name them, and those that name the
-- same one, such as other tries of the same work.
SELECT tried.session_id::text AS session_id,
       other.session_id::text AS other_id,
       other.status::text AS status,
       other.how,
       other.started_at > tried.started_at AS later
FROM (
    SELECT {session_id} AS session_id,
           s.{column} AS named_id,
           {started_at} AS started_at
    FROM {sessions} AS s
    WHERE {include chosen}
) AS tried
CROSS JOIN LATERAL (
    (
        SELECT {session_id} AS session_id, {status} AS status, {started_at} AS started_at, 'named' AS how
        FROM {sessions} AS s
        WHERE {session_id} {session_eq} tried.named_id
        LIMIT 1
    )
    UNION ALL
    (
        SELECT {session_id} AS session_id, {status} AS status, {started_at} AS started_at,
               CASE WHEN s.{column} {session_eq} tried.session_id THEN 'names' ELSE 'beside' END AS how
        FROM {sessions} AS s
        WHERE s.{column} {session_eq} ANY (ARRAY[tried.session_id, tried.named_id])
        LIMIT 20
    )
) AS other
WHERE NOT (other.session_id {session_eq} tried.session_id)
LIMIT 20000

-- Lists which of some sessions are linked by a column of theirs to a later session that succeeded: one that they name,
-- one that names them, or one that names the same, such as other tries of the same work.
SELECT DISTINCT tried.session_id::text AS session_id
FROM (
    SELECT {session_id} AS session_id,
           s.{column} AS named_id,
           {started_at} AS started_at
    FROM {sessions} AS s
    WHERE {include chosen}
) AS tried
CROSS JOIN LATERAL (
    (
        SELECT {status} AS status, {started_at} AS started_at
        FROM {sessions} AS s
        WHERE {session_id} {session_eq} tried.named_id
        LIMIT 1
    )
    UNION ALL
    (
        SELECT {status} AS status, {started_at} AS started_at
        FROM {sessions} AS s
        WHERE s.{column} {session_eq} ANY (ARRAY[tried.session_id, tried.named_id])
        LIMIT 20
    )
) AS other
WHERE other.started_at > tried.started_at
  AND other.status {status_eq} ANY ({succeeded})

-- Finds session ids that another table also has, among the smallest and the largest of ours.
SELECT ARRAY(
    SELECT ours.session_id::text
    FROM (
        (
            SELECT {session_id} AS session_id
            FROM {sessions} AS s
            ORDER BY {session_id}
            LIMIT 1000
        )
        UNION
        (
            SELECT {session_id}
            FROM {sessions} AS s
            ORDER BY {session_id} DESC
            LIMIT 1000
        )
    ) AS ours
    WHERE EXISTS (
        SELECT
        FROM {other_sessions} AS o
        WHERE o.{other_id} {session_eq} ours.session_id
    )
    LIMIT 3
) AS session_ids

-- Finds the ids that several sessions have, among all failed and running sessions from the floor on: for an audit,
-- which reads all of them anyway.
SELECT coalesce(pg_catalog.array_agg(shared.session_id::text), '{}') AS session_ids
FROM (
    SELECT {session_id} AS session_id
    FROM {sessions} AS s
    WHERE {include from_floor}
    GROUP BY {session_id}
    HAVING pg_catalog.count(*) > 1
       AND pg_catalog.bool_or({status} {status_eq} ANY ({live}))
) AS shared

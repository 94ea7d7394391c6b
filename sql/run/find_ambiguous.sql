-- Finds which of these ids several sessions have, from the floor on. Sent only for partitioned sessions. Uses one join,
-- because looking each id up would probe every partition.
SELECT coalesce(pg_catalog.array_agg(shared.session_id::text), '{}') AS session_ids
FROM (
    SELECT asked.session_id
    FROM (SELECT DISTINCT pg_catalog.unnest(%(in_hand)s::text[]::{session_type}[]) AS session_id) AS asked
    JOIN (
        SELECT {session_id} AS session_id
        FROM {sessions} AS s
        WHERE {include from_floor}
    ) AS known ON known.session_id {session_eq} asked.session_id
    GROUP BY asked.session_id
    HAVING pg_catalog.count(*) > 1
) AS shared

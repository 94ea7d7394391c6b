-- Finds which of some successful sessions had a deadline, and which of those ended after it, or just then.
SELECT v.session_id::text AS session_id,
       v.ended_at > v.deadline AS outlived,
       v.deadline < v.ended_at + interval '10 s' AS at_end
FROM (
    SELECT {session_id} AS session_id,
           ({ended_at})::timestamptz AS ended_at,
           ({deadline})::timestamptz AS deadline
    FROM {sessions} AS s
    WHERE {include chosen}
) AS v
WHERE v.deadline IS NOT NULL
  AND v.ended_at IS NOT NULL

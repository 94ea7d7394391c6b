-- Lists the newest failed or running sessions, which a rehearsal then reads. Bounded whatever the statuses are.
SELECT newest.session_id::text AS session_id{if bounded},
       newest.started_at::text AS started_at,
       extract(epoch FROM newest.started_at)::float8 AS epoch{end}
FROM (
    SELECT {session_id} AS session_id,
           {status} {status_eq} ANY ({running}) AS running,
           {started_at} AS started_at
    FROM {sessions} AS s
    WHERE {live_condition}
      AND {started_at} IS NOT NULL
    ORDER BY 3 DESC
    LIMIT 20000
) AS newest
WHERE newest.running = %(running)s::boolean
ORDER BY newest.started_at DESC
LIMIT %(newest)s::bigint

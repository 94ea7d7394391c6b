-- Counts how many of the newest failed and running sessions have a refund, and how many of these were started after it,
-- with the time of the last such refund; and finds when the earliest session started. After TRUNCATE … RESTART IDENTITY
-- an id belongs to another session, whose charge would count as refunded.
WITH newest AS MATERIALIZED (
    SELECT v.session_id,
           v.attempt,
           v.started_at
    {include live_reading}
    WHERE {include live_in_scope}
    ORDER BY v.started_at DESC, v.session_id DESC
    LIMIT 1000
),
known AS MATERIALIZED (
    SELECT v.session_id,
           r.created_at,
           ({include started_later}) IS TRUE AS started_later
    FROM newest AS v
    JOIN {refunds} AS r ON r.session_id {session_eq} v.session_id AND r.attempt {attempt_eq} v.attempt
)
SELECT pg_catalog.count(*) AS known,
       pg_catalog.count(*) FILTER (WHERE k.started_later) AS reused,
       pg_catalog.max(k.created_at) FILTER (WHERE k.started_later) AS refunded_until,
       (pg_catalog.array_agg(k.session_id::text) FILTER (WHERE k.started_later))[1:3] AS samples,
       (
           SELECT v.started_at::timestamptz
           {include live_reading}
           WHERE {include live_in_scope}
           ORDER BY v.started_at, v.session_id
           LIMIT 1
       ) AS earliest
FROM known AS k

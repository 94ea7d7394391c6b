-- Reads from sweeper's own tables the open holds, the last successful run over everything, and how the newest run
-- ended. Leaves out runs of a clock that was ahead, which would pass for the last until then.
SELECT (SELECT pg_catalog.count(*) FROM {holds} AS h WHERE h.ended_at IS NULL) AS holds,
       (SELECT pg_catalog.min(h.first_seen) FROM {holds} AS h WHERE h.ended_at IS NULL) AS oldest_hold,
       (
           SELECT pg_catalog.max(r.as_of)
           FROM {runs} AS r
           WHERE r.outcome IN ('complete', 'partial')
             AND r.told -> 'sessions'::text = '[]'::jsonb
             AND r.as_of < %(as_of)s::timestamptz + interval '1 day'
       ) AS last_success,
       (
           SELECT coalesce(r.outcome, 'open')
           FROM {runs} AS r
           ORDER BY r.started_at DESC
           LIMIT 1
       ) AS last_outcome

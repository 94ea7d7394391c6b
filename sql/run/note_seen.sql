-- Records, after a full sweep, some sessions that the app's own ledger has as refunded: the oldest, and some from the
-- whole period. When those rows are gone later, as into an archive, nothing else would show that others like them were
-- refunded.
UPDATE {runs} AS run
SET told = run.told || pg_catalog.jsonb_build_object('seen', pg_catalog.jsonb_build_object(
    'lost_until', known.lost_until,
    'sessions', (
        SELECT coalesce(pg_catalog.jsonb_agg(DISTINCT pg_catalog.jsonb_build_array(
                   seen.session_id::text, seen.attempt::text, seen.owed_from
               )), '[]')
        FROM (
            SELECT known.from_start AS since, 5000 AS looked_at, 50 AS wanted
            UNION ALL
            SELECT known.from_start + (%(as_of)s::timestamptz - known.from_start) / 50 * step.n, 20, 1
            FROM pg_catalog.generate_series(1, 49) AS step (n)
        ) AS span
        CROSS JOIN LATERAL (
            -- the first failed sessions of the span whose refund is in the app's ledger and not in sweeper's own
            SELECT live.session_id, live.attempt, live.owed_from
            FROM (
                SELECT v.session_id, v.attempt, v.started_at, {include owed_from} AS owed_from
                {include live_reading}
                WHERE {include is_live}
                  AND v.started_at >= span.since::{started_type}
                  AND v.status {status_eq} ANY ({failed})
                  AND v.attempt IS NOT NULL
                ORDER BY v.started_at
                LIMIT span.looked_at
            ) AS live
            CROSS JOIN LATERAL (SELECT live.session_id, live.attempt) AS v
            WHERE EXISTS (
                SELECT
                FROM {ledger} AS l
                WHERE {include in_app_ledger}
            )
              AND NOT EXISTS (
                SELECT
                FROM {refunds} AS r
                WHERE r.session_id {session_eq} v.session_id AND r.attempt {attempt_eq} v.attempt
            )
            LIMIT span.wanted
        ) AS seen
    )
))
FROM (
    SELECT lost.lost_until,
           -- a floor at the beginning of time is no date to count from
           greatest(%(since)s::timestamptz, lost.lost_until, '2000-01-01 00:00Z'::timestamptz) AS from_start
    FROM (
        SELECT {include seen_gone} AS lost_until
    ) AS lost
) AS known
WHERE run.run_id = %(run_id)s::uuid

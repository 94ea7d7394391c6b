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
            {include seen_from}
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

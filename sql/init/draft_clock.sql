-- Reads whether a time without a zone may be UTC: how far the newest is ahead of the clock, the database's time zone,
-- and the seconds between two of the newest.
SELECT coalesce(EXTRACT(epoch FROM pg_catalog.max(found.at) - (pg_catalog.clock_timestamp() AT TIME ZONE 'UTC')), 0)::bigint AS ahead,
       (SELECT z.reset_val FROM pg_catalog.pg_settings AS z WHERE z.name = 'TimeZone') AS zone,
       coalesce(
           (EXTRACT(epoch FROM pg_catalog.max(found.at) - pg_catalog.min(found.at)) / nullif(pg_catalog.count(*) - 1, 0))::bigint,
           0
       ) AS gap
FROM (
    SELECT newest.at
    FROM (
        SELECT {at} AS at
        FROM {table} AS s
        ORDER BY s.{key} DESC
        LIMIT 5000
    ) AS newest
    WHERE newest.at IS NOT NULL
    ORDER BY newest.at DESC
    LIMIT 50
) AS found

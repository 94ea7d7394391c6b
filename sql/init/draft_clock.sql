-- Whether a time without a zone may be UTC: how far the newest is ahead of the clock, and the zone of the database.
SELECT coalesce(EXTRACT(epoch FROM pg_catalog.max(found.at) - (pg_catalog.clock_timestamp() AT TIME ZONE 'UTC')), 0)::bigint AS ahead,
       (SELECT z.reset_val FROM pg_catalog.pg_settings AS z WHERE z.name = 'TimeZone') AS zone
FROM (
    SELECT {at} AS at
    FROM {table} AS s
    ORDER BY s.{key} DESC
    LIMIT 5000
) AS found

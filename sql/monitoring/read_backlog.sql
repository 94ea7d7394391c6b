-- For monitoring: how many sessions are owed now, how long the oldest has been, and how many are on hold.
SELECT owed.*,
       held.*
FROM (
    SELECT pg_catalog.count(*) AS sessions,
           coalesce(pg_catalog.max(extract(epoch FROM %(as_of)s::timestamptz - owed.since)) FILTER (WHERE pg_catalog.isfinite(owed.since)), 0)
               ::float8 AS oldest_seconds
    FROM (
        SELECT {include owed_from} AS since
        {include live_reading}
        WHERE {include is_live}
          AND {include near_reach}
          AND CASE WHEN {include in_scope} THEN {include verdict} = 'owed' END
    ) AS owed
    OFFSET 0  -- Citus plans each of the two by itself
) AS owed
CROSS JOIN (
    SELECT pg_catalog.count(*) AS held
    FROM {holds} AS h
    WHERE h.ended_at IS NULL
    OFFSET 0
) AS held

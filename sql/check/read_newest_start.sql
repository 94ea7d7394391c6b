-- Reads when the newest failed or running session began by the mapping, and the default time zone of the database. The
-- index on live sessions has the newest at its end.
SELECT (newest.started_at)::timestamptz AS started_at,
       z.reset_val AS zone
FROM (SELECT z.reset_val FROM pg_catalog.pg_settings AS z WHERE z.name = 'TimeZone' OFFSET 0) AS z
LEFT JOIN (
    SELECT {started_at} AS started_at
    FROM {sessions} AS s
    WHERE {live_condition}
      AND {started_at} IS NOT NULL
      AND pg_catalog.isfinite(({started_at})::timestamptz)
    ORDER BY 1 DESC
    LIMIT 1
) AS newest ON true

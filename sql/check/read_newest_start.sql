-- When the newest session that is not over began, as the mapping reads it, and in which zone the database is by itself.
{if by_account}
SELECT newest.started_at,
       z.reset_val AS zone
FROM (
    SELECT pg_catalog.max(({started_at})::timestamptz) AS started_at
    FROM {sessions} AS s
    WHERE {live_condition}
      AND pg_catalog.isfinite(({started_at})::timestamptz)
    OFFSET 0
) AS newest
CROSS JOIN (SELECT z.reset_val FROM pg_catalog.pg_settings AS z WHERE z.name = 'TimeZone' OFFSET 0) AS z
{else}
SELECT pg_catalog.max(({started_at})::timestamptz) AS started_at,
       (SELECT z.reset_val FROM pg_catalog.pg_settings AS z WHERE z.name = 'TimeZone') AS zone
FROM {sessions} AS s
WHERE {live_condition}
  AND pg_catalog.isfinite(({started_at})::timestamptz)
{end}

-- Reads when the newest of the sessions with the highest ids began, whatever became of them.
SELECT pg_catalog.max(newest.started_at) AS started_at
FROM (
    SELECT ({started_at})::timestamptz AS started_at
    FROM {sessions} AS s
    ORDER BY s.{key} DESC
    LIMIT 20
) AS newest
WHERE pg_catalog.isfinite(newest.started_at)

-- When the newest session that is not over began, as the mapping reads it: in the future, the time zone is wrong.
SELECT pg_catalog.max(({started_at})::timestamptz) AS started_at
FROM {sessions} AS s
WHERE {live_condition}
  AND pg_catalog.isfinite(({started_at})::timestamptz)

-- Lists the transactions that block a statement of ours: CREATE INDEX CONCURRENTLY and DROP INDEX CONCURRENTLY wait for
-- every older transaction. Finds our statement by its text, because behind a pooler the process id is another.
SELECT blocking.pid,
       CASE WHEN blocking.pid = 0 THEN 'prepared transaction' ELSE other.state END AS state,
       extract(epoch FROM pg_catalog.clock_timestamp() - other.xact_start)::float8 AS age_seconds,
       other.application_name
FROM pg_catalog.pg_stat_activity AS ours
CROSS JOIN LATERAL (
    SELECT blocker.pid
    FROM pg_catalog.unnest(pg_catalog.pg_blocking_pids(ours.pid)) AS blocker (pid)
    UNION
    SELECT build.current_locker_pid::int
    FROM pg_catalog.pg_stat_progress_create_index AS build
    WHERE build.pid = ours.pid AND build.current_locker_pid <> 0
) AS blocking
LEFT JOIN pg_catalog.pg_stat_activity AS other ON other.pid = blocking.pid
WHERE ours.datname = pg_catalog.current_database()
  AND ours.pid <> pg_catalog.pg_backend_pid()
  AND ours.state = 'active'
  AND ours.query <> ''
  AND pg_catalog.starts_with(%(statement)s::text, ours.query)  -- the server keeps only the first kilobyte of it
ORDER BY other.xact_start, blocking.pid
LIMIT 10

-- Sets a timeout for the statements that follow, within the savepoint.
SELECT pg_catalog.set_config('statement_timeout', pg_catalog.concat(%(bound_ms)s::bigint, 'ms'), true)

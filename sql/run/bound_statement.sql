-- Bounds the statements that follow, inside what is undone afterwards.
SELECT pg_catalog.set_config('statement_timeout', pg_catalog.concat(%(bound_ms)s::bigint, 'ms'), true)

-- Sets how long the statements that follow wait for a lock, and returns how long it was.
SELECT pg_catalog.current_setting('lock_timeout') AS before,
       pg_catalog.set_config('lock_timeout', %(lock_timeout)s::text, true)

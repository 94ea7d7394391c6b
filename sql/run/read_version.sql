-- What the server is, in its own words, and whether it has Citus: the first question to it, in place of those that the
-- library would ask.
SELECT pg_catalog.version(),
       pg_catalog.to_regclass('pg_catalog.pg_dist_partition') IS NOT NULL

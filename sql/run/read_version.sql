-- Reads the server's version and whether it has Citus: the first statement on a connection, in place of those that the
-- library would send.
SELECT pg_catalog.version(),
       pg_catalog.to_regclass('pg_catalog.pg_dist_partition') IS NOT NULL

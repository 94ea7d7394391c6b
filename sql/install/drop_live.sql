-- Drops the function of an index on live sessions that no longer exists.
DROP FUNCTION IF EXISTS {live_function}(pg_catalog.anyelement);

-- Drops the function of an index on live sessions that is gone.
DROP FUNCTION IF EXISTS {live_function}(pg_catalog.anyelement);

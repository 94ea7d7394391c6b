-- read server start: when this server was started. A changed time means that it went down, or that another has taken
-- over.
SELECT pg_catalog.pg_postmaster_start_time() AS began

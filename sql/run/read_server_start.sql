-- read server start: when this server was started. Another moment than before: it went down, or another one has taken over.
SELECT pg_catalog.pg_postmaster_start_time() AS began

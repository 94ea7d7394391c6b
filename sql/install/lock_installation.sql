-- One installation at a time.
SELECT pg_advisory_xact_lock({install_lock})

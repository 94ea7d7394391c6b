-- The same for a first installation, when there is no table yet whose rows could be locked.
SELECT pg_catalog.pg_try_advisory_xact_lock({install_lock}) AS taken

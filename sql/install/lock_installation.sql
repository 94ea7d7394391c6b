-- One installation at a time: whoever does not get this waits. Ends with the transaction.
SELECT pg_catalog.pg_try_advisory_xact_lock({install_lock}) AS taken

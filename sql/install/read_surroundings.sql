-- Reads what the file does not say: the search path for bare names, the server and the role.
SELECT pg_catalog.current_schemas(false)::text[] AS schemas,
       pg_catalog.current_setting('server_version_num')::int AS server_version,
       pg_catalog.pg_is_in_recovery() AS standby,
       pg_catalog.current_setting('transaction_read_only')::boolean AS read_only,
       pg_catalog.clock_timestamp() AS clock

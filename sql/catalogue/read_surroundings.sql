-- Reads what the file cannot say: the search path that bare names are looked up on, server and role.
SELECT current_schemas(false)::text[] AS schemas,
       current_setting('server_version_num')::int AS server_version,
       pg_is_in_recovery() AS standby,
       current_setting('transaction_read_only')::boolean AS read_only,
       clock_timestamp() AS clock

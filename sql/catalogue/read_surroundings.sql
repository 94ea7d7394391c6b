-- Reads what the file cannot say: the search path that bare names are looked up on, server and role.
SELECT array_to_string(ARRAY(
           SELECT quote_ident(schema_name::text)
           FROM unnest(current_schemas(false)) AS schema_name
       ), ', ') AS search_path,
       current_setting('server_version_num')::int AS server_version,
       pg_is_in_recovery() AS standby,
       clock_timestamp() AS clock

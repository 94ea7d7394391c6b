-- Reads what `check` reports about the server and the role.
SELECT pg_catalog.current_schemas(false)::text[] AS schemas,
       pg_catalog.current_setting('server_version_num')::int AS server_version,
       pg_catalog.current_setting('server_version') AS version,
       pg_catalog.pg_is_in_recovery() AS standby,
       pg_catalog.clock_timestamp() AS clock,
       pg_catalog.pg_backend_pid() AS backend_pid,
       current_user AS role,
       pg_catalog.quote_ident(current_user) AS role_as_sql,
       r.rolsuper AS superuser,
       pg_catalog.current_setting('session_replication_role') = 'replica' AS without_triggers,
       (
           SELECT s.reset_val = 'on'
           FROM pg_catalog.pg_settings AS s
           WHERE s.name = 'default_transaction_read_only'
       ) AS read_only_by_default
FROM pg_catalog.pg_roles AS r
WHERE r.rolname = current_user

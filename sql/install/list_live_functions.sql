-- Lists the functions that this installation has created for indexes on live sessions.
SELECT p.proname AS name
FROM pg_catalog.pg_proc AS p
JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
WHERE n.nspname = %(schema_name)s
  AND p.proname ~ '^live_[0-9a-f]{10}$'
ORDER BY p.proname

-- The types of the ids that sweeper's own tables were made for.
SELECT a.attname AS name,
       pg_catalog.format_type(a.atttypid, -1) AS type
FROM pg_catalog.pg_attribute AS a
WHERE a.attrelid = pg_catalog.to_regclass(%(table_name)s)::oid
  AND a.attname IN ('session_id', 'account_id')

-- Lists tables and types in the schema that stand in the way of an installation.
SELECT c.relname AS name
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = %(schema_name)s
  AND c.relname IN ('refunds', 'runs', 'holds', 'reversals', 'settings')
ORDER BY c.relname

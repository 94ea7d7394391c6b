-- Finds the name that a table has now.
SELECT c.oid::regclass::text AS name
FROM pg_catalog.pg_class AS c
WHERE c.oid = %(bound_oid)s::oid
  AND c.relkind IN ('r', 'p')

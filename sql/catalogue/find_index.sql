-- Whether an index of ours is there, and whether its build came to an end.
SELECT i.indisvalid AND i.indisready AS valid
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_index AS i ON i.indexrelid = c.oid
WHERE n.nspname = %(schema_name)s
  AND c.relname = %(index_name)s

-- Finds the name that a table has now, if another has taken the one by which the file reads it.
SELECT c.oid::regclass::text AS name
FROM pg_catalog.pg_class AS c
CROSS JOIN (SELECT %(table_oid)s::bigint AS table_oid) AS now
WHERE c.oid::bigint = %(bound_oid)s::bigint
  AND {include took_its_name}

-- Finds the table that refunds were written for, where another table now has its name.
SELECT c.oid::regclass::text AS name
FROM pg_catalog.pg_class AS c
WHERE {include is_rotated}

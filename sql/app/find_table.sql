-- Finds the table that a name in the file means, with what a mapping must know of it.
SELECT c.oid::bigint AS oid,
       n.nspname AS schema_name,
       c.relname AS table_name,
       c.relkind::text AS kind,
       pg_catalog.pg_get_partkeydef(c.oid) AS partition_key,
       c.relkind = 'r' AND EXISTS (
           SELECT
           FROM pg_catalog.pg_inherits AS i
           WHERE i.inhparent = c.oid
       ) AS inherited,
       pg_catalog.pg_has_role(c.relowner, 'USAGE') AS owned,
       pg_catalog.pg_get_userbyid(c.relowner) AS owner
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.oid = pg_catalog.to_regclass(%(name)s)::oid

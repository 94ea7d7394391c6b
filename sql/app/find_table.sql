-- Finds the table that a name in the file stands for, and what the mapping needs to know about it.
SELECT c.oid::bigint AS oid,
       n.nspname AS schema_name,
       c.relname AS table_name,
       c.relkind::text AS kind,
       pg_catalog.pg_get_partkeydef(c.oid) AS partition_key,
       -- null for an expression
       ARRAY(
           SELECT a.attname::text
           FROM pg_catalog.pg_partitioned_table AS p
           CROSS JOIN LATERAL pg_catalog.unnest(p.partattrs::int2[]) WITH ORDINALITY AS k (number, place)
           LEFT JOIN pg_catalog.pg_attribute AS a ON a.attrelid = p.partrelid AND a.attnum = k.number
           WHERE p.partrelid = c.oid
           ORDER BY k.place
       ) AS partition_columns,
       c.relkind = 'r' AND EXISTS (
           SELECT
           FROM pg_catalog.pg_inherits AS i
           WHERE i.inhparent = c.oid
       ) AS inherited,
       pg_catalog.pg_has_role(c.relowner, 'USAGE') AS owned,
       pg_catalog.pg_get_userbyid(c.relowner) AS owner,
       pg_catalog.to_regclass('pg_catalog.pg_dist_partition') IS NOT NULL AS has_citus
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.oid = pg_catalog.to_regclass(%(name)s)::oid

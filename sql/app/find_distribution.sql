-- How Citus has distributed a table over its nodes; no row for one that is on this server alone. Asked only where
-- Citus is.
SELECT CASE WHEN p.partmethod <> 'n' THEN 'column'
            WHEN p.repmodel = 't' THEN 'reference'
            WHEN p.colocationid <> 0 THEN 'schema'
            ELSE 'local'
       END AS kind,
       pg_catalog.column_to_column_name(p.logicalrelid, p.partkey) AS column_name,
       p.colocationid AS shard_group
FROM pg_catalog.pg_dist_partition AS p
WHERE p.logicalrelid::oid = %(table_oid)s::bigint::oid

-- Some tables, with all their partitions.
SELECT pg_catalog.unnest(%(table_oids)s::oid[]) AS oid
UNION
SELECT part.relid::oid
FROM pg_catalog.unnest(%(table_oids)s::oid[]) AS t (oid)
CROSS JOIN LATERAL pg_catalog.pg_partition_tree(t.oid::regclass) AS part

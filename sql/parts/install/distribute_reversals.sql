-- Has Citus keep the reversals of an account on the node of its sessions, unless it already does.
SELECT pg_catalog.create_distributed_table({reversals_text}, 'account_id', colocate_with => {sessions_text})
WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_dist_partition AS p WHERE p.logicalrelid = {reversals_text}::pg_catalog.regclass);

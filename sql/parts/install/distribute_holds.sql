-- Has Citus keep the holds of an account on the node of its sessions, unless it already does.
SELECT pg_catalog.create_distributed_table({holds_text}, 'account_id', colocate_with => {sessions_text})
WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_dist_partition AS p WHERE p.logicalrelid = {holds_text}::pg_catalog.regclass);

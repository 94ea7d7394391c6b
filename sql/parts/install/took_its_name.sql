-- Whether what is read under a name is another table, now, than the one that had the name, c. One that became a part of
-- the new one has its rows in there.
c.relkind IN ('r', 'p', 'v', 'm', 'f')
AND now.table_oid <> c.oid::bigint
AND coalesce(pg_catalog.pg_partition_root(c.oid::regclass)::oid, 0::oid)::bigint <> now.table_oid
AND NOT EXISTS (
    SELECT
    FROM pg_catalog.pg_inherits AS i
    WHERE i.inhrelid = c.oid AND i.inhparent::bigint = now.table_oid
)

-- Finds the table that a guard index is on, where that is neither the app's ledger nor a part of it.
SELECT i.indrelid::regclass::text AS name
FROM pg_catalog.pg_index AS i
WHERE i.indexrelid = pg_catalog.to_regclass(%(guard)s)::oid
  AND i.indrelid <> %(table_oid)s::oid
  AND coalesce(pg_catalog.pg_partition_root(i.indrelid::regclass)::oid, 0::oid) <> %(table_oid)s::oid

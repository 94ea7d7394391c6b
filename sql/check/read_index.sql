-- Reports whether an index exists and was completely built, and how many rows the planner expects in its table.
SELECT i.indisvalid AND i.indisready AS valid,
       greatest(t.reltuples, 0)::bigint AS rows
FROM pg_catalog.pg_index AS i
JOIN pg_catalog.pg_class AS t ON t.oid = i.indrelid
WHERE i.indexrelid = pg_catalog.to_regclass(%(name)s)::oid

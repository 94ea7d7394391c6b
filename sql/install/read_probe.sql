-- Reads the definition of the index that was tried.
SELECT ARRAY(
           SELECT pg_catalog.pg_get_indexdef(i.indexrelid, n, false)
           FROM pg_catalog.generate_series(1, i.indnkeyatts) AS n
           ORDER BY n
       ) AS keys,
       pg_catalog.pg_get_expr(i.indpred, i.indrelid) AS predicate
FROM pg_catalog.pg_index AS i
WHERE i.indexrelid = pg_catalog.to_regclass('pg_temp.sweeper_probe_index')::oid

-- Lists the unique indexes of a table, and what makes one usable as a guard.
SELECT c.relname AS name,
       i.indisvalid AND i.indisready AND i.indimmediate AS usable,
       NOT i.indimmediate AS deferrable,
       i.indpred IS NULL AS whole,
       ARRAY(
           SELECT pg_catalog.pg_get_indexdef(i.indexrelid, n, true)
           FROM pg_catalog.generate_series(1, i.indnkeyatts) AS n
           ORDER BY 1
       ) AS keys
FROM pg_catalog.pg_index AS i
JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
WHERE i.indrelid = pg_catalog.to_regclass(%(table_name)s)::oid
  AND i.indisunique

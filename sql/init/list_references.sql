-- Lists the foreign keys of one column: the table and column that each refers to.
SELECT k.conrelid::bigint AS table_oid,
       a.attname AS column_name,
       k.confrelid::bigint AS target_oid,
       b.attname AS target_column
FROM pg_catalog.pg_constraint AS k
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]
JOIN pg_catalog.pg_attribute AS b ON b.attrelid = k.confrelid AND b.attnum = k.confkey[1]
WHERE k.contype = 'f'
  AND pg_catalog.cardinality(k.conkey) = 1
  AND k.conparentid = 0::oid
ORDER BY k.conrelid, k.conkey

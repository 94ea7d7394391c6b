-- Lists the foreign keys of several columns: each with the columns that it refers to, in the same order.
SELECT k.conrelid::bigint AS table_oid,
       k.confrelid::bigint AS target_oid,
       ARRAY(
           SELECT a.attname::text
           FROM pg_catalog.unnest(k.conkey) WITH ORDINALITY AS one (number, place)
           JOIN pg_catalog.pg_attribute AS a ON a.attrelid = k.conrelid AND a.attnum = one.number
           ORDER BY one.place
       ) AS columns,
       ARRAY(
           SELECT a.attname::text
           FROM pg_catalog.unnest(k.confkey) WITH ORDINALITY AS one (number, place)
           JOIN pg_catalog.pg_attribute AS a ON a.attrelid = k.confrelid AND a.attnum = one.number
           ORDER BY one.place
       ) AS target_columns
FROM pg_catalog.pg_constraint AS k
WHERE k.contype = 'f'
  AND pg_catalog.cardinality(k.conkey) > 1
  AND k.conparentid = 0::oid
ORDER BY k.conrelid, k.conkey

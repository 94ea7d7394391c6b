-- Lists the columns that are unique by themselves: by a valid index that is neither deferrable nor partial.
SELECT DISTINCT a.attname AS name
FROM pg_catalog.pg_index AS i
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
WHERE i.indrelid = %(table_oid)s::oid
  AND i.indisunique
  AND i.indisvalid
  AND i.indimmediate
  AND i.indpred IS NULL
  AND i.indnkeyatts = 1

-- Lists the indexes on the app's tables that this installation has made, and whether their build came to an end.
SELECT n.nspname AS schema_name,
       c.relname AS name,
       c.relkind = 'I' AS partitioned,
       i.indisvalid AND i.indisready AS valid
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_index AS i ON i.indexrelid = c.oid
WHERE c.relkind IN ('i', 'I')
  AND NOT c.relispartition
  AND c.relname ~ ('^sweeper_[a-z]+_' || %(mark)s || '_[0-9a-f]+$')
ORDER BY n.nspname, c.relname

-- Lists the indexes that this installation has created on the app's tables, and whether each was completely built; also
-- those that the server has named itself, such as on a partition that was detached since.
SELECT n.nspname AS schema_name,
       c.relname AS name,
       c.relkind = 'I' AS partitioned,
       i.indisvalid AND i.indisready AS valid
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_index AS i ON i.indexrelid = c.oid
WHERE c.relkind IN ('i', 'I')
  AND NOT c.relispartition
  AND (
      c.relname ~ ('^sweeper_[a-z]+_' || %(mark)s || '_[0-9a-f]+$')
      OR EXISTS (
          SELECT
          FROM pg_catalog.pg_depend AS d
          JOIN pg_catalog.pg_proc AS p ON p.oid = d.refobjid
          JOIN pg_catalog.pg_namespace AS ours ON ours.oid = p.pronamespace
          WHERE d.classid = 'pg_catalog.pg_class'::regclass::oid
            AND d.objid = c.oid
            AND d.refclassid = 'pg_catalog.pg_proc'::regclass::oid
            AND ours.nspname::text = %(schema_name)s::text
            AND p.proname ~ '^live_[0-9a-f]{10}$'
      )
  )
ORDER BY n.nspname, c.relname

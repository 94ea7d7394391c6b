-- Whether a table, c, is the one that refunds were written for, where another now has its name. In a restored database
-- its oid may by chance be that of any table, so it must also have the same id and status columns.
c.oid::bigint = %(bound_oid)s::bigint
  AND c.oid::bigint <> %(table_oid)s::bigint
  AND c.relkind IN ('r', 'p')
  -- a table that became a part of the new one has its rows in there
  AND coalesce(pg_catalog.pg_partition_root(c.oid::regclass)::oid, 0::oid)::bigint <> %(table_oid)s::bigint
  AND NOT EXISTS (
      SELECT
      FROM pg_catalog.pg_inherits AS i
      WHERE i.inhrelid = c.oid AND i.inhparent::bigint = %(table_oid)s::bigint
  )
  AND EXISTS (
      SELECT
      FROM pg_catalog.pg_attribute AS a
      JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
      WHERE a.attrelid = c.oid
        AND NOT a.attisdropped
        AND a.attname::text = %(id_name)s::text
        AND (%(id_number)s::int IS NULL OR a.attnum::int = %(id_number)s::int)
        AND (
            t.typtype = 'd'
            OR pg_catalog.format_type(a.atttypid, -1) = %(id_type)s::text
        )
  )
  AND EXISTS (
      SELECT
      FROM pg_catalog.pg_attribute AS a
      WHERE a.attrelid = c.oid
        AND NOT a.attisdropped
        AND a.attname::text = %(status_name)s::text
  )

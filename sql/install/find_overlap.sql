-- Whether two tables have rows in common: one is a part of the other, at whatever depth. After a restore the other's oid may
-- be any table's, and its name says which it is.
SELECT EXISTS (
    SELECT
    FROM (
        SELECT pg_catalog.to_regclass(%(other_name)s) AS relid
        UNION
        SELECT c.oid::regclass
        FROM pg_catalog.pg_class AS c
        WHERE c.oid::bigint = %(other_oid)s::bigint
          AND pg_catalog.to_regclass(%(other_name)s) IS NULL
    ) AS other
    WHERE EXISTS (
              SELECT
              FROM pg_catalog.pg_partition_ancestors(other.relid) AS above
              WHERE above.relid::oid::bigint = %(table_oid)s::bigint
          )
       OR EXISTS (
              SELECT
              FROM pg_catalog.pg_class AS c
              CROSS JOIN LATERAL pg_catalog.pg_partition_ancestors(c.oid::regclass) AS above
              WHERE c.oid::bigint = %(table_oid)s::bigint
                AND above.relid = other.relid
          )
) AS overlaps

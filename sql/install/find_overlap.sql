-- Reports whether two tables have rows in common because one is a part of the other, at any depth. After a restore the
-- other's oid may be that of any table, so its name is looked up first.
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

-- Reads what the mapping needs to know of a partitioned table, without locking a partition as pg_partition_tree would:
-- the partition keys of the table and its partitions; the columns that are unique together with these, by a valid index
-- of the whole table or of each partition that is neither deferrable nor partial; whether this role owns all
-- partitions; the first foreign table among them; and the first partition that lacks such an index where others have
-- it.
WITH RECURSIVE tree (relid) AS (
    SELECT %(table_oid)s::bigint::oid
    UNION ALL
    SELECT i.inhrelid
    FROM tree
    JOIN pg_catalog.pg_inherits AS i ON i.inhparent = tree.relid
),
parts AS (
    SELECT c.oid AS relid,
           c.relname,
           c.relkind,
           c.relowner
    FROM tree
    JOIN pg_catalog.pg_class AS c ON c.oid = tree.relid
),
partitioned_by AS (
    SELECT ARRAY(
        SELECT DISTINCT a.attname::text
        FROM tree
        JOIN pg_catalog.pg_partitioned_table AS p ON p.partrelid = tree.relid
        JOIN pg_catalog.pg_attribute AS a
          ON a.attrelid = p.partrelid AND a.attnum OPERATOR(pg_catalog.=) ANY (p.partattrs::int2[])
        ORDER BY 1
    ) AS columns
),
unique_keys AS (
    SELECT i.indrelid AS relid,
           ARRAY(
               -- null for an expression
               SELECT a.attname::text
               FROM pg_catalog.generate_series(0, i.indnkeyatts - 1) AS k (place)
               LEFT JOIN pg_catalog.pg_attribute AS a
                 ON a.attrelid = i.indrelid AND a.attnum = i.indkey[k.place] AND a.attnum > 0
           ) AS columns
    FROM tree
    JOIN pg_catalog.pg_index AS i ON i.indrelid = tree.relid
    WHERE i.indisunique
      AND i.indisvalid
      AND i.indimmediate
      AND i.indpred IS NULL
),
shared_keys AS (
    SELECT k.relid,
           one.name
    FROM unique_keys AS k
    CROSS JOIN partitioned_by AS p
    CROSS JOIN LATERAL pg_catalog.unnest(k.columns) AS one (name)
    WHERE pg_catalog.array_remove(k.columns, one.name) OPERATOR(pg_catalog.<@) p.columns
)
SELECT p.columns,
       ARRAY(
           SELECT k.name
           FROM shared_keys AS k
           JOIN parts USING (relid)
           WHERE NOT EXISTS (  -- unique by itself
               SELECT
               FROM unique_keys AS u
               WHERE u.relid = %(table_oid)s::bigint::oid
                 AND u.columns OPERATOR(pg_catalog.=) ARRAY[k.name]
           )
           GROUP BY k.name
           HAVING pg_catalog.bool_or(k.relid = %(table_oid)s::bigint::oid)
               OR pg_catalog.count(DISTINCT k.relid) FILTER (WHERE parts.relkind <> 'p')
                  = nullif((SELECT pg_catalog.count(*) FROM parts WHERE parts.relkind <> 'p'), 0)
           ORDER BY k.name
       ) AS shared_keys,
       (SELECT pg_catalog.bool_and(pg_catalog.pg_has_role(parts.relowner, 'USAGE')) FROM parts) AS owned,
       (SELECT pg_catalog.min(parts.relname::text) FROM parts WHERE parts.relkind = 'f') AS foreign_table,
       (
           SELECT pg_catalog.min(parts.relname::text)
           FROM parts
           WHERE parts.relkind <> 'p'
             AND EXISTS (SELECT FROM shared_keys)
             AND NOT EXISTS (SELECT FROM shared_keys AS k WHERE k.relid = parts.relid)
       ) AS without_key
FROM partitioned_by AS p

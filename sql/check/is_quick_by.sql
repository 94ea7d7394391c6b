-- Reports whether rows can be found by a column without reading a large table: by an index, or because the table is
-- small.
SELECT EXISTS (
           SELECT
           FROM pg_catalog.pg_index AS i
           JOIN pg_catalog.pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
           WHERE i.indrelid = %(table_oid)s::oid AND i.indisvalid AND i.indpred IS NULL AND a.attname = %(column_name)s::name
       )
       OR (
           SELECT pg_catalog.sum(pg_catalog.pg_relation_size(known.oid::regclass))
           FROM (
               SELECT %(table_oid)s::oid AS oid
               UNION
               SELECT tree.relid::oid
               FROM pg_catalog.pg_partition_tree(%(table_oid)s::oid::regclass) AS tree
           ) AS known
       ) < 64000000::numeric AS quick

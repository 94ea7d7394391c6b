-- Lists a partitioned table and all its partitions, each after its parent, with its part of one index, if it has one.
-- The server creates and names the parts of later partitions.
WITH RECURSIVE tree (relid, parent, level) AS (
    SELECT %(table_oid)s::bigint::oid, NULL::oid, 0
    UNION ALL
    SELECT i.inhrelid, i.inhparent, tree.level + 1
    FROM tree
    JOIN pg_catalog.pg_inherits AS i ON i.inhparent = tree.relid AND NOT i.inhdetachpending
),
parts (index_oid) AS (
    SELECT pg_catalog.to_regclass(%(name)s)::oid
    UNION ALL
    SELECT i.inhrelid
    FROM parts
    JOIN pg_catalog.pg_inherits AS i ON i.inhparent = parts.index_oid
)
SELECT t.relid::bigint AS table_oid,
       t.parent::bigint AS parent_oid,
       n.nspname AS schema_name,
       c.relname AS table_name,
       c.relkind = 'p' AS partitioned,
       part.schema_name AS index_schema,
       part.index_name
FROM tree AS t
JOIN pg_catalog.pg_class AS c ON c.oid = t.relid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN (
    SELECT i.indrelid, ofindex.nspname AS schema_name, index.relname AS index_name
    FROM parts
    JOIN pg_catalog.pg_index AS i ON i.indexrelid = parts.index_oid
    JOIN pg_catalog.pg_class AS index ON index.oid = parts.index_oid
    JOIN pg_catalog.pg_namespace AS ofindex ON ofindex.oid = index.relnamespace
) AS part ON part.indrelid = t.relid
ORDER BY t.level, n.nspname, c.relname

-- Reads how Citus distributes a table, and which columns are unique together with the distribution column. Returns no
-- row for a table that is on this server alone. Sent only where Citus is installed.
SELECT CASE WHEN p.partmethod = 'h' AND p.repmodel = 's' THEN 'column'
            WHEN p.partmethod <> 'n' THEN 'otherwise'
            WHEN p.repmodel = 't' THEN 'reference'
            WHEN p.colocationid <> 0 THEN 'schema'
            ELSE 'local'
       END AS kind,
       d.column_name,
       ARRAY(
           SELECT DISTINCT a.attname::text
           FROM pg_catalog.pg_index AS i
           JOIN pg_catalog.pg_attribute AS a
             ON a.attrelid = i.indrelid AND (a.attnum = i.indkey[0] OR a.attnum = i.indkey[1])
           WHERE i.indrelid = p.logicalrelid::oid
             AND i.indisunique AND i.indisvalid AND i.indimmediate AND i.indpred IS NULL
             AND i.indnkeyatts = 2
             AND a.attname::text <> d.column_name
             AND EXISTS (
                 SELECT
                 FROM pg_catalog.pg_attribute AS other
                 WHERE other.attrelid = i.indrelid
                   AND (other.attnum = i.indkey[0] OR other.attnum = i.indkey[1])
                   AND other.attname::text = d.column_name
             )
           ORDER BY 1
       ) AS shared_keys,
       p.colocationid AS shard_group
FROM pg_catalog.pg_dist_partition AS p
CROSS JOIN LATERAL pg_catalog.column_to_column_name(p.logicalrelid, p.partkey) AS d (column_name)
WHERE p.logicalrelid::oid = %(table_oid)s::bigint::oid

-- A sample of about 500 pages of the sessions table, or all of a smaller one.
TABLESAMPLE SYSTEM ((
    SELECT least(100::numeric, 50000::numeric * pg_catalog.current_setting('block_size')::numeric / greatest(1::numeric, coalesce(
               (
                   SELECT pg_catalog.sum(pg_catalog.pg_relation_size(part.relid))
                   FROM pg_catalog.pg_partition_tree({sessions_text}::regclass) AS part
               ),
               pg_catalog.pg_relation_size({sessions_text}::regclass)::numeric
           )))::real
))

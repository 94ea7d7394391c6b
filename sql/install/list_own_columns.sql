-- Lists the columns of the tables in sweeper's schema that have the names of ours, with the type and, where it is not
-- the database's own, the collation.
SELECT c.relname AS table_name,
       a.attname AS column_name,
       pg_catalog.format_type(a.atttypid, -1) || coalesce((
           SELECT ' COLLATE ' || pg_catalog.quote_ident(k.nspname) || '.' || pg_catalog.quote_ident(l.collname)
           FROM pg_catalog.pg_collation AS l
           JOIN pg_catalog.pg_namespace AS k ON k.oid = l.collnamespace
           WHERE l.oid = a.attcollation AND l.collname <> 'default'
       ), '') AS type
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE n.nspname = %(schema_name)s
  AND c.relname IN {include own_table_names}
ORDER BY c.relname, a.attnum

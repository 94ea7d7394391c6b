-- Lists which of these columns sweeper's own tables lack, and whether the whole table is missing.
SELECT wanted.table_name,
       wanted.column_name,
       own.oid IS NULL AS without_table
FROM ROWS FROM (
    pg_catalog.unnest(%(tables)s::text::text[]), pg_catalog.unnest(%(columns)s::text::text[])
) WITH ORDINALITY AS wanted (table_name, column_name, place)
LEFT JOIN (
    SELECT c.oid, c.relname
    FROM pg_catalog.pg_class AS c
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE n.nspname = %(schema_name)s::text::name
) AS own ON own.relname = wanted.table_name::name
LEFT JOIN pg_catalog.pg_attribute AS a
  ON a.attrelid = own.oid AND a.attname = wanted.column_name::name AND NOT a.attisdropped
WHERE a.attname IS NULL
ORDER BY wanted.place

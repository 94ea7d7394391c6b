-- Lists what sessions.attempt is made of beside the columns of the session's row: the app's functions that it calls and
-- the views that its subqueries read, each with a digest of its definition and the SQL that may call and read others, and
-- the columns there, with their types, or what they are generated from.
WITH called AS (
    SELECT *
    FROM ROWS FROM (pg_catalog.unnest(%(schemas)s::text[]), pg_catalog.unnest(%(names)s::text[])) AS w (schema_name, name)
),
read AS (
    SELECT c.oid, c.relkind, n.nspname, c.relname
    FROM ROWS FROM (pg_catalog.unnest(%(table_schemas)s::text[]), pg_catalog.unnest(%(tables)s::text[]))
        AS w (schema_name, name)
    JOIN pg_catalog.pg_class AS c ON c.relname::text = w.name
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE n.nspname <> 'pg_catalog'
      AND CASE WHEN w.schema_name = '' THEN pg_catalog.pg_table_is_visible(c.oid)
              ELSE n.nspname::text = w.schema_name
          END
)
SELECT {include name_of_function} AS name,
       {include definition_of_function} AS definition,
       coalesce(pg_catalog.pg_get_function_sqlbody(p.oid), p.prosrc) AS body
FROM called AS w
JOIN pg_catalog.pg_proc AS p ON p.proname::text = w.name
JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
WHERE n.nspname <> 'pg_catalog'
  AND CASE WHEN w.schema_name = '' THEN pg_catalog.pg_function_is_visible(p.oid)
          ELSE n.nspname::text = w.schema_name
      END
UNION
SELECT pg_catalog.format('%%I.%%I', c.nspname, c.relname),
       pg_catalog.md5(pg_catalog.pg_get_viewdef(c.oid)),
       pg_catalog.pg_get_viewdef(c.oid)
FROM read AS c
WHERE c.relkind IN ('v', 'm')
UNION
SELECT pg_catalog.format('%%I.%%I.%%I', c.nspname, c.relname, a.attname),
       {include definition_of_column},
       {include computed_from}
FROM read AS c
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE a.attname::text = ANY (%(columns)s::text[])
ORDER BY 1

-- Lists what sessions.attempt is made of beside the columns of the session's row: the app's functions that it calls and
-- the views that its subqueries read, each with a digest of its definition, and the columns there, with their types.
SELECT pg_catalog.format('%%I.%%I(%%s)', n.nspname, p.proname, pg_catalog.oidvectortypes(p.proargtypes)) AS name,
       pg_catalog.md5(
           pg_catalog.concat_ws(
               ' ',
               p.prosrc,
               pg_catalog.pg_get_function_sqlbody(p.oid),
               pg_catalog.pg_get_function_arguments(p.oid),
               pg_catalog.pg_get_function_result(p.oid),
               p.proconfig
           )
       ) AS definition
FROM ROWS FROM (pg_catalog.unnest(%(schemas)s::text[]), pg_catalog.unnest(%(names)s::text[])) AS w (schema_name, name)
JOIN pg_catalog.pg_proc AS p ON p.proname::text = w.name
JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
WHERE n.nspname <> 'pg_catalog'
  AND CASE WHEN w.schema_name = '' THEN pg_catalog.pg_function_is_visible(p.oid)
          ELSE n.nspname::text = w.schema_name
      END
UNION
SELECT pg_catalog.format('%%I.%%I', n.nspname, c.relname),
       pg_catalog.md5(pg_catalog.pg_get_viewdef(c.oid))
FROM pg_catalog.unnest(%(tables)s::text[]) AS w (name)
JOIN pg_catalog.pg_class AS c ON c.oid = pg_catalog.to_regclass(w.name)::oid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('v', 'm')
UNION
SELECT pg_catalog.format('%%I.%%I.%%I', n.nspname, c.relname, a.attname),
       pg_catalog.format_type(a.atttypid, a.atttypmod)
FROM pg_catalog.unnest(%(tables)s::text[]) AS w (name)
JOIN pg_catalog.pg_class AS c ON c.oid = pg_catalog.to_regclass(w.name)::oid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE a.attname::text = ANY (%(columns)s::text[])
ORDER BY 1

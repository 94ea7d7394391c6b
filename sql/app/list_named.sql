-- Lists what the file's own SQL names and a stranger owns, who may replace it: functions, types, and tables or views, for
-- whoever reads one runs what its owner put into it. The same roles as where functions can be planted gain rights by it.
WITH RECURSIVE {include strangers},
-- a name without a schema is looked up along the path
named AS (
    SELECT w.kind, w.name, n.oid AS namespace, n.nspname
    FROM ROWS FROM (
        pg_catalog.unnest(%(kinds)s::text[]), pg_catalog.unnest(%(schemas)s::text[]), pg_catalog.unnest(%(names)s::text[])
    ) AS w (kind, schema_name, name)
    JOIN pg_catalog.pg_namespace AS n
      ON CASE WHEN w.schema_name = ''
             THEN pg_catalog.strpos(
                      pg_catalog.concat(', ', %(search_path)s::text),
                      pg_catalog.concat(', "', pg_catalog.replace(n.nspname::text, '"', '""'), '",')
                  ) > 0
             ELSE n.nspname::text = w.schema_name
         END
),
may_create AS MATERIALIZED (
    SELECT 'called' AS kind,
           pg_catalog.format('%%I.%%I(%%s)', w.nspname, p.proname, pg_catalog.oidvectortypes(p.proargtypes)) AS place,
           p.proowner AS role
    FROM named AS w
    JOIN pg_catalog.pg_proc AS p ON p.pronamespace = w.namespace AND p.proname::text = w.name
    WHERE w.kind = 'function'
    UNION ALL
    SELECT 'read', pg_catalog.format('%%I.%%I', w.nspname, c.relname), c.relowner
    FROM named AS w
    JOIN pg_catalog.pg_class AS c ON c.relnamespace = w.namespace AND c.relname::text = w.name
    WHERE w.kind = 'table'
    UNION ALL
    SELECT 'type', t.oid::regtype::text, t.typowner
    FROM named AS w
    JOIN pg_catalog.pg_type AS t ON t.typnamespace = w.namespace AND t.typname::text = w.name
    WHERE w.kind = 'type'
)
{include planter}

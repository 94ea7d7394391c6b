-- Lists the roles that may create functions or operators in a schema of the search path, or have left some there, and
-- the roles with whose rights our statements would run them. Leaves out grants and owners that admit only roles that
-- can run code of their own in our transactions anyway.
WITH RECURSIVE {include strangers},
{include path_schemas},
may_create AS MATERIALIZED (
    SELECT 'schema' AS kind,
           pg_catalog.quote_ident(p.nspname::text) AS place,
           p.nspowner AS role
    FROM path AS p
    UNION ALL
    SELECT 'create', pg_catalog.quote_ident(p.nspname::text), g.grantee
    FROM path AS p
    CROSS JOIN LATERAL pg_catalog.aclexplode(coalesce(p.nspacl, pg_catalog.acldefault('n', p.nspowner))) AS g
    WHERE g.privilege_type = 'CREATE'
      AND g.grantee <> p.nspowner
    -- what a role may have created there already, to be called in place of a function of the same name. Built-in
    -- ones, of which there are thousands, have an oid below 16384
    UNION ALL
    SELECT 'function',
           pg_catalog.format('%%I.%%I(%%s)', n.nspname, p.proname, pg_catalog.oidvectortypes(p.proargtypes)),
           p.proowner
    FROM path AS n
    JOIN pg_catalog.pg_proc AS p ON p.pronamespace = n.oid
    WHERE p.oid >= 16384::oid
      AND EXISTS (
          SELECT
          FROM pg_catalog.pg_proc AS o
          WHERE o.proname = p.proname
            AND o.proowner <> p.proowner
            AND (o.pronamespace = 'pg_catalog'::regnamespace::oid OR o.pronamespace IN (SELECT another.oid FROM path AS another))
      )
    UNION ALL
    SELECT 'operator',
           pg_catalog.format(
               '%%I.%%s (%%s, %%s)',
               n.nspname,
               o.oprname,
               CASE WHEN o.oprleft <> 0::oid THEN pg_catalog.format_type(o.oprleft, NULL) ELSE 'NONE' END,
               pg_catalog.format_type(o.oprright, NULL)
           ),
           o.oprowner
    FROM path AS n
    JOIN pg_catalog.pg_operator AS o ON o.oprnamespace = n.oid AND o.oid >= 16384::oid
)
{include planter}

-- Lists what roles other than owners and superusers may do with sweeper's own schema, tables and functions that run
-- with the rights of their owner; a null role is PUBLIC. A role that may insert refunds may also insert reversals, to
-- take them back.
WITH RECURSIVE own AS (
    SELECT n.oid, n.nspname, n.nspowner, n.nspacl
    FROM pg_catalog.pg_namespace AS n
    WHERE n.nspname::text = %(schema_name)s::text
),
granted AS (
    SELECT 'SCHEMA' AS kind,
           %(schema)s::text AS name,
           '' AS column_name,
           n.nspowner AS owner,
           0::oid AS table_oid,
           coalesce(n.nspacl, pg_catalog.acldefault('n', n.nspowner)) AS acl
    FROM own AS n
    {if sharded}
    WHERE false  -- the schema is the app's own
    {end}
    UNION ALL
    SELECT 'TABLE',
           pg_catalog.concat(%(schema)s::text, '.', pg_catalog.quote_ident(c.relname::text)),
           '',
           c.relowner,
           c.oid,
           coalesce(c.relacl, pg_catalog.acldefault('r', c.relowner))
    FROM own AS n
    JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid AND c.relkind IN ('r', 'p', 'v', 'm', 'f'){if sharded}
    WHERE c.relname IN {include own_table_names}{end}
    UNION ALL
    SELECT 'TABLE',
           pg_catalog.concat(%(schema)s::text, '.', pg_catalog.quote_ident(c.relname::text)),
           pg_catalog.quote_ident(a.attname::text),
           c.relowner,
           c.oid,
           a.attacl
    FROM own AS n
    JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND NOT a.attisdropped AND a.attacl IS NOT NULL{if sharded}
    WHERE c.relname IN {include own_table_names}{end}
    -- a view writes with the rights of its owner
    UNION ALL
    SELECT 'TABLE', pg_catalog.format('%%I.%%I', vn.nspname, v.relname), '', v.relowner, 0::oid, v.relacl
    FROM own AS n
    JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid AND c.relname IN ('refunds', 'reversals')
    JOIN pg_catalog.pg_class AS v ON v.relkind = 'v'::"char" AND v.relnamespace <> n.oid
    JOIN pg_catalog.pg_namespace AS vn ON vn.oid = v.relnamespace
    WHERE EXISTS (
        SELECT
        FROM pg_catalog.pg_rewrite AS r
        JOIN pg_catalog.pg_depend AS d
          ON d.objid = r.oid
         AND d.classid = 'pg_catalog.pg_rewrite'::regclass::oid
         AND d.refclassid = 'pg_catalog.pg_class'::regclass::oid
        WHERE r.ev_class = v.oid
          AND d.refobjid = c.oid
    )
      AND pg_catalog.pg_relation_is_updatable(v.oid::regclass, false) & 8 <> 0
      AND pg_catalog.has_table_privilege(v.relowner, c.oid, 'INSERT')
      AND NOT coalesce(v.reloptions && ARRAY['security_invoker=true', 'security_invoker=on', 'security_invoker=1'], false)
    UNION ALL
    SELECT 'FUNCTION',
           pg_catalog.concat(
               %(schema)s::text, '.', pg_catalog.quote_ident(p.proname::text),
               '(', pg_catalog.oidvectortypes(p.proargtypes), ')'
           ),
           '',
           p.proowner,
           0::oid,
           coalesce(p.proacl, pg_catalog.acldefault('f', p.proowner))
    FROM own AS n
    JOIN pg_catalog.pg_proc AS p ON p.pronamespace = n.oid AND p.prosecdef{if sharded}
    WHERE p.proname = 'refund'{end}
),
wanted AS (
    SELECT g.owner AS role FROM granted AS g
),
{include acting}
SELECT g.kind,
       g.name,
       g.column_name,
       acl.privilege_type AS privilege,
       pg_catalog.quote_ident(r.rolname::text) AS role,
       g.table_oid = (
           SELECT c.oid
           FROM own AS n
           JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid AND c.relname::text = 'reversals'
       ) AND pg_catalog.has_table_privilege(r.oid, (
           SELECT c.oid
           FROM own AS n
           JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid AND c.relname::text = 'refunds'
       ), 'INSERT') AS corrects
FROM granted AS g
CROSS JOIN LATERAL pg_catalog.aclexplode(g.acl) AS acl
LEFT JOIN pg_catalog.pg_roles AS r ON r.oid = acl.grantee
-- a view was made to be read; a grant to a role that may act as the owner adds nothing
WHERE (g.table_oid <> 0::oid OR g.kind <> 'TABLE' OR acl.privilege_type = 'INSERT')
  AND (
      acl.grantee = 0::oid
      OR NOT (r.rolsuper OR (r.oid, g.owner) IN (SELECT a.who, a.role FROM acting AS a))
  )
ORDER BY g.kind, g.name, role, privilege, g.column_name

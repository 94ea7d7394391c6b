-- Reports whether any role could have one of what list_planters looks for, which takes the server longer to plan than to
-- read. Superusers and the owners of the mapped tables can run code in our transactions anyway, and a role that cannot
-- log in and has no members creates nothing.
WITH {include path_schemas},
creators (role) AS (
    SELECT p.nspowner
    FROM path AS p
    UNION
    SELECT g.grantee
    FROM path AS p
    CROSS JOIN LATERAL pg_catalog.aclexplode(p.nspacl) AS g
    WHERE g.privilege_type = 'CREATE'
    UNION
    SELECT p.proowner
    FROM pg_catalog.pg_proc AS p
    WHERE p.oid >= 16384::oid AND p.pronamespace IN (SELECT n.oid FROM path AS n)
    UNION
    SELECT o.oprowner
    FROM pg_catalog.pg_operator AS o
    WHERE o.oid >= 16384::oid AND o.oprnamespace IN (SELECT n.oid FROM path AS n)
)
SELECT EXISTS (
    SELECT
    FROM creators AS c
    LEFT JOIN pg_catalog.pg_roles AS named ON named.oid = c.role
    LEFT JOIN pg_catalog.pg_database AS d
      ON named.rolname = 'pg_database_owner' AND d.datname = pg_catalog.current_database()
    LEFT JOIN pg_catalog.pg_roles AS r ON r.oid = coalesce(d.datdba, c.role)
    WHERE (
        r.rolsuper
        OR r.oid IN (
            SELECT t.relowner
            FROM pg_catalog.pg_class AS t
            WHERE t.oid IN (SELECT pg_catalog.to_regclass(m.name)::oid FROM pg_catalog.unnest(%(tables)s::text[]) AS m (name))
        )
        OR NOT r.rolcanlogin AND NOT EXISTS (SELECT FROM pg_catalog.pg_auth_members AS m WHERE m.roleid = r.oid)
    ) IS NOT TRUE  -- PUBLIC is no role
) AS found

-- The mapped tables and their owners; the roles with whose rights our statements run; and the roles that can log in and
-- are neither superusers nor owners of these tables, since an owner could add a trigger anyway. Of each, as which of
-- these and of those in may_create it can act.
mapped AS (
    SELECT c.oid,
           c.relowner AS owner
    FROM pg_catalog.unnest(%(tables)s::text[]) AS t (name)
    JOIN pg_catalog.pg_class AS c ON c.oid = pg_catalog.to_regclass(t.name)::oid
),
-- the roles with whose rights our statements run: a run's own, and the owner of refund() and the fence
runs_as AS (
    SELECT r.oid, r.rolname, r.rolsuper
    FROM pg_catalog.pg_roles AS r
    WHERE r.rolname = current_user
       OR r.oid IN (
           SELECT p.proowner
           FROM pg_catalog.pg_proc AS p
           JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
           WHERE n.nspname::text = %(own_schema)s::text
             AND p.prosecdef
       )
),
wanted AS (
    SELECT m.owner AS role FROM mapped AS m
    UNION
    SELECT v.oid FROM runs_as AS v
    UNION
    SELECT s.oid FROM pg_catalog.pg_roles AS s WHERE s.rolsuper
    UNION
    SELECT c.role FROM may_create AS c
),
{include acting},
-- who can log in here; until version 15 a role with CREATEROLE could join any role that is not a superuser
people AS (
    SELECT r.oid,
           r.rolname,
           r.rolcreaterole AND pg_catalog.current_setting('server_version_num')::int < 160000 AS joins_any,
           coalesce(a.roles, '{}') AS roles
    FROM pg_catalog.pg_roles AS r
    LEFT JOIN (
        SELECT t.who, pg_catalog.array_agg(DISTINCT t.role) AS roles
        FROM acting AS t
        GROUP BY t.who
    ) AS a ON a.who = r.oid
    WHERE r.rolcanlogin
      AND pg_catalog.has_database_privilege(r.oid, pg_catalog.current_database(), 'CONNECT')
),
strangers AS MATERIALIZED (
    SELECT p.oid, p.rolname, p.joins_any, p.roles
    FROM people AS p
    WHERE NOT EXISTS (
        SELECT
        FROM pg_catalog.pg_roles AS s
        WHERE s.rolsuper AND s.oid = ANY (p.roles)
    )
      AND NOT EXISTS (
        SELECT
        FROM mapped AS m
        JOIN pg_catalog.pg_roles AS o ON o.oid = m.owner
        WHERE p.joins_any AND NOT o.rolsuper
           OR m.owner = ANY (p.roles)
    )
)

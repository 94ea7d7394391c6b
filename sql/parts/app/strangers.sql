-- The mapped tables and their owners; the roles with whose rights our statements run; and the roles that can log in and
-- are neither superusers nor owners of these tables, since an owner could add a trigger anyway.
{include acting},
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
-- who can log in here; until version 15 a role with CREATEROLE could join any role that is not a superuser
people AS (
    SELECT r.oid,
           r.rolname,
           r.rolcreaterole AND pg_catalog.current_setting('server_version_num')::int < 160000 AS joins_any
    FROM pg_catalog.pg_roles AS r
    WHERE r.rolcanlogin
      AND pg_catalog.has_database_privilege(r.oid, pg_catalog.current_database(), 'CONNECT')
      AND r.oid NOT IN (
          SELECT a.who
          FROM acting AS a
          JOIN pg_catalog.pg_roles AS s ON s.oid = a.role AND s.rolsuper
      )
),
strangers AS (
    SELECT p.oid, p.rolname, p.joins_any
    FROM people AS p
    WHERE NOT EXISTS (
        SELECT
        FROM mapped AS m
        JOIN pg_catalog.pg_roles AS o ON o.oid = m.owner
        WHERE p.joins_any AND NOT o.rolsuper
           OR (p.oid, m.owner) IN (SELECT a.who, a.role FROM acting AS a)
    )
)

-- Lists who may create functions and operators in a schema of the search path, or triggers on a mapped table, and the roles
-- with whose rights our statements would run them although those who plant them are no members of these roles. Grants and owners that let
-- in nobody but who can run code of their own in our transactions anyway are left out: superusers, and whoever owns a
-- mapped table and so may give it a trigger.
WITH mapped AS (
    SELECT c.oid,
           c.relowner AS owner
    FROM pg_catalog.unnest(%(tables)s::text[]) AS t (name)
    JOIN pg_catalog.pg_class AS c ON c.oid = pg_catalog.to_regclass(t.name)::oid
),
-- with whose rights statements of ours run: a run's own role, and whoever owns refund() and the fence
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
-- who can log in here; until version 15 CREATEROLE makes one a member of any role that is no superuser
people AS (
    SELECT r.oid,
           r.rolname,
           r.rolcreaterole AND pg_catalog.current_setting('server_version_num')::int < 160000 AS joins_any
    FROM pg_catalog.pg_roles AS r
    WHERE r.rolcanlogin
      AND pg_catalog.has_database_privilege(r.oid, pg_catalog.current_database(), 'CONNECT')
      AND NOT EXISTS (
          SELECT
          FROM pg_catalog.pg_roles AS s
          WHERE s.rolsuper
            AND pg_catalog.pg_has_role(r.oid, s.oid, 'MEMBER')
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
           OR pg_catalog.pg_has_role(p.oid, m.owner, 'MEMBER')
    )
),
path AS (
    SELECT n.oid, n.nspname, n.nspowner, n.nspacl
    FROM pg_catalog.pg_namespace AS n
    WHERE pg_catalog.strpos(
              pg_catalog.concat(', ', %(search_path)s::text),
              pg_catalog.concat(', "', pg_catalog.replace(n.nspname::text, '"', '""'), '",')
          ) > 0
),
-- a row that is written sets off the triggers of the partition that it is in
tables AS (
    SELECT pg_catalog.format('%%I.%%I', n.nspname, c.relname) AS name, c.relowner, c.relacl
    FROM (
        SELECT m.oid FROM mapped AS m
        UNION
        SELECT part.relid::oid
        FROM mapped AS m
        CROSS JOIN LATERAL pg_catalog.pg_partition_tree(m.oid::regclass) AS part
    ) AS written
    JOIN pg_catalog.pg_class AS c ON c.oid = written.oid
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
),
may_create AS (
    SELECT pg_catalog.quote_ident(p.nspname::text) AS place, p.nspowner AS role, true AS owns, false AS on_table
    FROM path AS p
    UNION ALL
    SELECT pg_catalog.quote_ident(p.nspname::text), g.grantee, false, false
    FROM path AS p
    CROSS JOIN LATERAL pg_catalog.aclexplode(coalesce(p.nspacl, pg_catalog.acldefault('n', p.nspowner))) AS g
    WHERE g.privilege_type = 'CREATE'
      AND g.grantee <> p.nspowner
    UNION ALL
    SELECT t.name, g.grantee, false, true
    FROM tables AS t
    CROSS JOIN LATERAL pg_catalog.aclexplode(t.relacl) AS g
    WHERE g.privilege_type = 'TRIGGER'
      AND g.grantee <> t.relowner
)
SELECT m.place,
       m.owns,
       m.on_table,
       -- null: everybody, PUBLIC
       CASE WHEN m.role <> 0::oid THEN pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(m.role)::text) END AS role,
       (pg_catalog.array_agg(DISTINCT s.rolname::text ORDER BY s.rolname::text))[1:5] AS samples,
       coalesce(
           pg_catalog.array_agg(DISTINCT v.rolname::text ORDER BY v.rolname::text) FILTER (WHERE v.oid IS NOT NULL), '{}'
       ) AS victims,
       coalesce(pg_catalog.bool_or(v.rolsuper), false) AS superuser,
       (
           SELECT pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(o.owner)::text)
           FROM mapped AS o
           LIMIT 1
       ) AS app_owner
FROM may_create AS m
JOIN strangers AS s
  ON CASE WHEN m.role = 0::oid THEN true ELSE pg_catalog.pg_has_role(s.oid, m.role, 'MEMBER') END
LEFT JOIN runs_as AS v
  ON NOT pg_catalog.pg_has_role(s.oid, v.oid, 'MEMBER')
 AND NOT (s.joins_any AND NOT v.rolsuper)
WHERE EXISTS (SELECT FROM mapped)
GROUP BY m.on_table, m.place, m.owns, m.role
HAVING NOT m.on_table OR pg_catalog.count(v.oid) > 0
ORDER BY m.on_table, m.place, m.owns, m.role

-- Lists who may create functions and operators in a schema of the search path, or triggers on a mapped table, or owns
-- what our statements run already, and the roles with whose rights they would run it although those who plant it are no
-- members of these roles. Grants and owners that let in nobody but who can run code of their own in our transactions
-- anyway are left out: superusers, and whoever owns a mapped table and so may give it a trigger.
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
-- sweeper's own schema counts: a function there that fits a status better than ours would be called by every statement
path AS (
    SELECT n.oid, n.nspname, n.nspowner, n.nspacl
    FROM pg_catalog.pg_namespace AS n
    WHERE n.nspname::text = %(own_schema)s::text
       OR pg_catalog.strpos(
              pg_catalog.concat(', ', %(search_path)s::text),
              pg_catalog.concat(', "', pg_catalog.replace(n.nspname::text, '"', '""'), '",')
          ) > 0
),
-- a row that is written sets off the triggers of the partition that it is in
tables AS (
    SELECT c.oid, pg_catalog.format('%%I.%%I', n.nspname, c.relname) AS name, c.relowner, c.relacl, c.relispartition
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
types AS (
    SELECT t.oid, t.typowner, t.typelem, t.typbasetype
    FROM tables AS w
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = w.oid AND a.attnum > 0::int2 AND NOT a.attisdropped
    JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
),
-- what a write to these tables, and to our own, runs: of their triggers, and of their defaults, constraints, indexes and domains
runs AS (
    SELECT t.tgfoid AS oid
    FROM pg_catalog.pg_trigger AS t
    WHERE NOT t.tgisinternal
      AND t.tgenabled <> 'D'::"char"
      AND (
          t.tgrelid IN (SELECT w.oid FROM tables AS w)
          OR t.tgrelid IN (
              SELECT c.oid
              FROM pg_catalog.pg_class AS c
              JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
              WHERE n.nspname::text = %(own_schema)s::text
                AND c.relname IN ('refunds', 'reversals', 'holds', 'runs')
          )
      )
    UNION
    SELECT d.refobjid
    FROM (
        SELECT 'pg_catalog.pg_attrdef'::regclass::oid AS catalog, f.oid
        FROM pg_catalog.pg_attrdef AS f
        JOIN tables AS w ON w.oid = f.adrelid
        UNION ALL
        SELECT 'pg_catalog.pg_class'::regclass::oid, i.indexrelid
        FROM pg_catalog.pg_index AS i
        JOIN tables AS w ON w.oid = i.indrelid
        UNION ALL
        SELECT 'pg_catalog.pg_constraint'::regclass::oid, k.oid
        FROM pg_catalog.pg_constraint AS k
        WHERE k.conrelid IN (SELECT w.oid FROM tables AS w)
           OR k.contypid IN (SELECT y.oid FROM types AS y)
    ) AS part
    JOIN pg_catalog.pg_depend AS d
      ON d.classid = part.catalog AND d.objid = part.oid AND d.refclassid = 'pg_catalog.pg_proc'::regclass::oid
),
may_create AS (
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
    -- what is there since somebody might create it: called in place of another of its name
    UNION ALL
    SELECT 'function',
           pg_catalog.format('%%I.%%I(%%s)', n.nspname, p.proname, pg_catalog.oidvectortypes(p.proargtypes)),
           p.proowner
    FROM path AS n
    JOIN pg_catalog.pg_proc AS p ON p.pronamespace = n.oid
    WHERE EXISTS (
        SELECT
        FROM pg_catalog.pg_proc AS o
        WHERE o.proname = p.proname
          AND o.proowner <> p.proowner
          AND (o.pronamespace = 'pg_catalog'::regnamespace::oid OR o.pronamespace IN (SELECT another.oid FROM path AS another))
    )
    UNION ALL
    SELECT 'operator', o.oid::regoperator::text, o.oprowner
    FROM path AS n
    JOIN pg_catalog.pg_operator AS o ON o.oprnamespace = n.oid
    -- what only a write to some table sets off
    UNION ALL
    SELECT 'trigger', w.name, g.grantee
    FROM tables AS w
    CROSS JOIN LATERAL pg_catalog.aclexplode(w.relacl) AS g
    WHERE g.privilege_type = 'TRIGGER'
      AND g.grantee <> w.relowner
    UNION ALL
    SELECT 'partition', w.name, w.relowner
    FROM tables AS w
    WHERE w.relispartition
    UNION ALL
    SELECT 'called',
           pg_catalog.format('%%I.%%I(%%s)', n.nspname, p.proname, pg_catalog.oidvectortypes(p.proargtypes)),
           p.proowner
    FROM runs AS r
    JOIN pg_catalog.pg_proc AS p ON p.oid = r.oid
    JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
    UNION ALL
    -- a type's owner may give it a cast to text, and a domain a constraint
    SELECT 'type', t.oid::regtype::text, t.typowner
    FROM types AS y
    JOIN pg_catalog.pg_type AS t ON t.oid IN (y.oid, y.typelem, y.typbasetype)
    WHERE t.typtype <> 'b'::"char"
)
SELECT m.kind,
       m.place,
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
GROUP BY m.kind, m.place, m.role
HAVING m.kind IN ('schema', 'create') OR pg_catalog.count(v.oid) > 0
ORDER BY pg_catalog.array_position(
             ARRAY['create', 'schema', 'function', 'operator', 'trigger', 'partition', 'called', 'type'], m.kind
         ),
         m.place,
         m.role

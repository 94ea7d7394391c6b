-- Lists the roles that may change, or own, what a write to the mapped tables or sweeper's own runs: triggers, and the
-- functions and types that these tables use. The roles with whose rights it runs are those of list_planters.
WITH RECURSIVE {include strangers},
-- a row that is written fires the triggers of its partition
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
own_tables AS (
    SELECT c.oid, pg_catalog.format('%%I.%%I', n.nspname, c.relname) AS name, c.relowner
    FROM pg_catalog.pg_class AS c
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE n.nspname::text = %(own_schema)s::text
      AND c.relkind IN ('r', 'p')
      AND c.relname IN {include own_table_names}
),
types AS (
    SELECT t.oid, t.typowner, t.typelem, t.typbasetype
    FROM tables AS w
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = w.oid AND a.attnum > 0::int2 AND NOT a.attisdropped
    JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
),
triggers AS (
    SELECT t.oid
    FROM pg_catalog.pg_trigger AS t
    WHERE NOT t.tgisinternal
      AND t.tgenabled <> 'D'::"char"
      AND (
          t.tgrelid IN (SELECT w.oid FROM tables AS w)
          OR t.tgrelid IN (SELECT o.oid FROM own_tables AS o)
      )
),
-- what a write to these tables, and to our own, runs: the functions of their triggers and the conditions of these, of
-- defaults, constraints, indexes and domains; those behind an operator, or the operator class of an index, too
runs AS (
    SELECT CASE
               WHEN d.refclassid = 'pg_catalog.pg_operator'::regclass::oid THEN o.oprcode::oid
               WHEN d.refclassid = 'pg_catalog.pg_opclass'::regclass::oid THEN s.amproc::oid
               ELSE d.refobjid
           END AS oid
    FROM (
        SELECT 'pg_catalog.pg_trigger'::regclass::oid AS catalog, t.oid
        FROM triggers AS t
        UNION ALL
        SELECT 'pg_catalog.pg_attrdef'::regclass::oid, f.oid
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
      ON d.classid = part.catalog
      AND d.objid = part.oid
      AND d.refclassid IN (
          'pg_catalog.pg_proc'::regclass::oid,
          'pg_catalog.pg_operator'::regclass::oid,
          'pg_catalog.pg_opclass'::regclass::oid
      )
    LEFT JOIN pg_catalog.pg_operator AS o
      ON d.refclassid = 'pg_catalog.pg_operator'::regclass::oid AND o.oid = d.refobjid
    LEFT JOIN pg_catalog.pg_opclass AS c
      ON d.refclassid = 'pg_catalog.pg_opclass'::regclass::oid AND c.oid = d.refobjid
    LEFT JOIN pg_catalog.pg_amproc AS s ON s.amprocfamily = c.opcfamily
),
may_create AS MATERIALIZED (
    SELECT 'trigger' AS kind, w.name AS place, g.grantee AS role
    FROM tables AS w
    CROSS JOIN LATERAL pg_catalog.aclexplode(w.relacl) AS g
    WHERE g.privilege_type = 'TRIGGER'
      AND g.grantee <> w.relowner
    UNION ALL
    SELECT 'partition', w.name, w.relowner
    FROM tables AS w
    WHERE w.relispartition
    UNION ALL
    SELECT 'own', o.name, o.relowner
    FROM own_tables AS o
    UNION ALL
    SELECT 'called',
           pg_catalog.format('%%I.%%I(%%s)', n.nspname, p.proname, pg_catalog.oidvectortypes(p.proargtypes)),
           p.proowner
    FROM (SELECT DISTINCT r.oid FROM runs AS r) AS r
    JOIN pg_catalog.pg_proc AS p ON p.oid = r.oid
    JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
    UNION ALL
    -- the owner of a type may give it a cast to text, and the owner of a domain a constraint
    SELECT 'type', t.oid::regtype::text, t.typowner
    FROM types AS y
    JOIN pg_catalog.pg_type AS t ON t.oid IN (y.oid, y.typelem, y.typbasetype)
    WHERE t.typtype <> 'b'::"char"
)
{include planter}

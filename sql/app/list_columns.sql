-- Lists a table's columns with their types (the base type of a domain), the values of an enum, and the collation where
-- it is not the database's own.
SELECT a.attname AS name,
       a.attnum AS number,
       pg_catalog.format_type(a.atttypid, a.atttypmod) AS full_type,
       pg_catalog.format_type(beneath.oid, -1) AS base_type,
       t.typtype = 'd' AS domain,
       t.typcategory::text AS category,
       -- a constraint that is NOT VALID (Postgres 18) leaves the rows that are there as they are
       NOT (a.attnotnull OR t.typnotnull) OR EXISTS (
           SELECT
           FROM pg_catalog.pg_constraint AS k
           WHERE k.conrelid = a.attrelid AND k.contype = 'n' AND NOT k.convalidated AND a.attnum = ANY (k.conkey)
       ) AS nullable,
       (a.attnotnull OR t.typnotnull)
           AND NOT a.atthasdef AND t.typdefault IS NULL AND a.attidentity = ''
           AND NOT {include set_by_trigger} AS required,
       a.attgenerated <> '' OR a.attidentity = 'a' AS generated,
       a.attgenerated = 'v' AS virtual,  -- since Postgres 18
       -- what a generated column is computed from
       CASE WHEN a.attgenerated <> '' THEN (
           SELECT pg_catalog.pg_get_expr(d.adbin, d.adrelid)
           FROM pg_catalog.pg_attrdef AS d
           WHERE d.adrelid = a.attrelid AND d.adnum = a.attnum
       ) END AS computed,
       coalesce(collation_of.collisdeterministic, true) AS deterministic,
       pg_catalog.has_column_privilege(a.attrelid, a.attnum, 'SELECT') AS readable,
       ARRAY(
           SELECT e.enumlabel::text
           FROM pg_catalog.pg_enum AS e
           WHERE e.enumtypid = beneath.oid
           ORDER BY e.enumsortorder
       ) AS labels,
       coalesce((
           SELECT ' COLLATE ' || pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.collname)
           FROM pg_catalog.pg_collation AS c
           JOIN pg_catalog.pg_namespace AS n ON n.oid = c.collnamespace
           WHERE c.oid = a.attcollation AND c.collname <> 'default'
       ), '') AS collation
FROM pg_catalog.pg_attribute AS a
JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
LEFT JOIN pg_catalog.pg_collation AS collation_of ON collation_of.oid = a.attcollation
CROSS JOIN LATERAL (
    SELECT CASE WHEN t.typtype <> 'd' THEN t.oid ELSE (
        -- a domain may be based on a domain
        WITH RECURSIVE down (oid, beneath) AS (
            SELECT t.oid, t.typbasetype
            UNION ALL
            SELECT next.oid, next.typbasetype
            FROM down
            JOIN pg_catalog.pg_type AS next ON next.oid = down.beneath
        )
        SELECT down.oid
        FROM down
        WHERE down.beneath = 0::oid
    ) END AS oid
) AS beneath
WHERE a.attrelid = %(table_oid)s::oid
  AND a.attnum > 0
  AND NOT a.attisdropped
ORDER BY a.attnum

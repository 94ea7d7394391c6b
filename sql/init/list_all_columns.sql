-- Lists the columns of the app's tables: type, enum values, the literals of a check constraint or a default,
-- uniqueness.
SELECT a.attrelid::bigint AS table_oid,
       a.attname AS name,
       pg_catalog.quote_ident(a.attname) AS as_sql,
       pg_catalog.regexp_replace(  -- citext is text
           pg_catalog.format_type(coalesce(nullif(t.typbasetype, 0::oid), t.oid), -1), '^(.*\.)?citext$', 'text'
       ) AS type,
       t.typcategory::text AS category,
       (a.attnotnull OR t.typnotnull)
           AND NOT a.atthasdef AND t.typdefault IS NULL AND a.attidentity = '' AS required,
       a.attnotnull OR t.typnotnull AS not_null,
       a.attgenerated <> '' OR a.attidentity = 'a' AS generated,
       EXISTS (
           SELECT
           FROM pg_catalog.pg_index AS i
           WHERE i.indrelid = a.attrelid AND i.indkey[0] = a.attnum AND i.indnkeyatts = 1
             AND i.indisunique AND i.indisvalid AND i.indimmediate AND i.indpred IS NULL
       ) AS is_unique,
       EXISTS (
           SELECT
           FROM pg_catalog.pg_index AS i
           WHERE i.indrelid = a.attrelid AND i.indkey[0] = a.attnum AND i.indnkeyatts = 1 AND i.indisprimary
       ) AS is_primary,
       EXISTS (
           SELECT
           FROM pg_catalog.pg_index AS i
           JOIN pg_catalog.pg_partitioned_table AS p ON p.partrelid = i.indrelid
           WHERE i.indrelid = a.attrelid AND i.indisunique AND i.indisvalid AND i.indpred IS NULL
             AND a.attnum = ANY (i.indkey)
             AND NOT EXISTS (
                 SELECT
                 FROM pg_catalog.unnest(i.indkey::smallint[]) AS k (attnum)
                 WHERE k.attnum OPERATOR(pg_catalog.<>) a.attnum AND NOT k.attnum = ANY (p.partattrs::smallint[])
             )
             AND NOT a.attnum = ANY (p.partattrs)
       ) AS unique_in_partitions,
       ARRAY(
           SELECT e.enumlabel::text
           FROM pg_catalog.pg_enum AS e
           WHERE e.enumtypid = coalesce(nullif(t.typbasetype, 0::oid), t.oid)
           ORDER BY e.enumsortorder
       ) AS labels,
       ARRAY(
           SELECT pg_catalog.replace(found[1], '''''', '''')
           FROM (
               SELECT pg_catalog.pg_get_constraintdef(k.oid) AS definition
               FROM pg_catalog.pg_constraint AS k
               WHERE k.contype = 'c' AND k.conrelid = a.attrelid AND k.conkey OPERATOR(pg_catalog.=) ARRAY[a.attnum]
               UNION ALL
               SELECT pg_catalog.pg_get_constraintdef(k.oid)
               FROM pg_catalog.pg_constraint AS k
               WHERE k.contype = 'c' AND k.contypid = t.oid AND t.typtype = 'd'
               UNION ALL
               SELECT pg_catalog.pg_get_expr(d.adbin, d.adrelid)
               FROM pg_catalog.pg_attrdef AS d
               WHERE d.adrelid = a.attrelid AND d.adnum = a.attnum AND a.attgenerated = ''
           ) AS said
           CROSS JOIN LATERAL pg_catalog.regexp_matches(said.definition, '''((?:[^'']|'''')*)''', 'g') AS found
           WHERE t.typcategory = 'S'
       ) AS literals
FROM pg_catalog.pg_attribute AS a
JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
WHERE a.attrelid = ANY (%(table_oids)s::bigint[]::oid[])
  AND a.attnum > 0
  AND NOT a.attisdropped
  AND pg_catalog.has_column_privilege(a.attrelid, a.attnum, 'SELECT')
ORDER BY a.attrelid, a.attnum

-- Reports whether a sequence numbers a column that the insert leaves out: then that column gives the order of the rows.
SELECT EXISTS (
    SELECT
    FROM pg_catalog.pg_attribute AS a
    LEFT JOIN pg_catalog.pg_attrdef AS v ON v.adrelid = a.attrelid AND v.adnum = a.attnum
    WHERE a.attrelid = %(table_oid)s::oid
      AND a.attnum > 0::int2
      AND NOT a.attisdropped
      AND a.attname <> ALL (%(written)s::text[])
      AND (
          a.attidentity <> ''
          OR EXISTS (
              SELECT
              FROM pg_catalog.pg_depend AS d
              JOIN pg_catalog.pg_class AS c ON c.oid = d.refobjid AND c.relkind = 'S'
              WHERE d.classid = 'pg_catalog.pg_attrdef'::regclass::oid
                AND d.objid = v.oid
                AND d.refclassid = 'pg_catalog.pg_class'::regclass::oid
          )
      )
) AS found

-- Lists the sequences that a table's defaults use, for the columns that an insert leaves out. An identity column needs
-- no grant on its sequence.
SELECT DISTINCT n.nspname AS schema_name,
       c.relname AS sequence_name
FROM pg_catalog.pg_attrdef AS v
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = v.adrelid AND a.attnum = v.adnum
JOIN pg_catalog.pg_depend AS d
  ON d.classid = 'pg_catalog.pg_attrdef'::regclass::oid
    AND d.objid = v.oid
    AND d.refclassid = 'pg_catalog.pg_class'::regclass::oid
JOIN pg_catalog.pg_class AS c ON c.oid = d.refobjid AND c.relkind = 'S'
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE v.adrelid = %(table_oid)s::oid
  AND a.attgenerated = ''
  AND a.attname <> ALL (%(written)s::text[])
ORDER BY n.nspname, c.relname

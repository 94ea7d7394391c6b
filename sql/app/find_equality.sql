-- Finds the comparison operators of a type's own sort order, with their schema, because an operator of the same name in
-- another schema may be anybody's. Returns no row where a type uses the order of another, as varchar does that of text,
-- or one that all enums share.
SELECT n.nspname AS schema_name,
       pg_catalog.max(o.oprname::text) FILTER (WHERE p.amopstrategy = 3) AS equal,
       pg_catalog.max(o.oprname::text) FILTER (WHERE p.amopstrategy = 5) AS greater
FROM pg_catalog.pg_opclass AS c
JOIN pg_catalog.pg_am AS m ON m.oid = c.opcmethod AND m.amname = 'btree'
JOIN pg_catalog.pg_amop AS p
  ON p.amopfamily = c.opcfamily AND p.amoplefttype = c.opcintype AND p.amoprighttype = c.opcintype
JOIN pg_catalog.pg_operator AS o ON o.oid = p.amopopr
JOIN pg_catalog.pg_namespace AS n ON n.oid = o.oprnamespace
WHERE c.opcdefault
  AND c.opcintype = %(type)s::regtype
  AND p.amopstrategy IN (3, 5)
GROUP BY n.nspname

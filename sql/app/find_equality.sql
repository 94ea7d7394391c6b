-- How values of a type are compared, by the operators of its own order: the names of the schema and of the operators, for
-- an operator of the same name in another schema may be anybody's. None where the order is that of another type, such as
-- text for varchar, or one for all enums.
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

-- What a column, a, is generated from; NULL for any other.
(
    SELECT pg_catalog.pg_get_expr(d.adbin, d.adrelid)
    FROM pg_catalog.pg_attrdef AS d
    WHERE a.attgenerated <> ''::"char" AND d.adrelid = a.attrelid AND d.adnum = a.attnum
)

-- What is said of the type that was tried. A domain is looked through by a statement of its own: that takes recursion,
-- which does not go with a table of the app that Citus has distributed.
SELECT t.oid::bigint AS oid,
       t.typtype = 'd' AS domain,
       pg_catalog.format_type(t.oid, -1) AS type,
       -- an expression over columns of several collations has none, which a comparison does not take
       t.typcollation <> 0::oid AS collatable
FROM tried
JOIN pg_catalog.pg_type AS t ON t.oid = tried.type_oid

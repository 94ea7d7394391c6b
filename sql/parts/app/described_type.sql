-- The type of the value that was tried. Another statement finds the base type of a domain, because that needs
-- recursion, which Citus does not allow together with a distributed table.
SELECT t.oid::bigint AS oid,
       t.typtype = 'd' AS domain,
       pg_catalog.format_type(t.oid, -1) AS type,
       -- an expression over columns of several collations has no collation, and cannot be compared
       t.typcollation <> 0::oid AS collatable
FROM tried
JOIN pg_catalog.pg_type AS t ON t.oid = tried.type_oid

-- Finds the base type of a domain, which may itself be based on a domain.
WITH RECURSIVE down (oid, beneath) AS (
    SELECT t.oid, t.typbasetype
    FROM pg_catalog.pg_type AS t
    WHERE t.oid = %(type_oid)s::bigint::oid
    UNION ALL
    SELECT next.oid, next.typbasetype
    FROM down
    JOIN pg_catalog.pg_type AS next ON next.oid = down.beneath
)
SELECT pg_catalog.format_type(down.oid, -1) AS type,
       t.typcollation <> 0::oid AS collatable
FROM down
JOIN pg_catalog.pg_type AS t ON t.oid = down.oid
WHERE down.beneath = 0::oid

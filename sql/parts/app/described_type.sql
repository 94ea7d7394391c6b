-- What is said of the type that was tried.
down (oid, beneath) AS (
    SELECT t.oid, t.typbasetype
    FROM pg_catalog.pg_type AS t
    JOIN tried ON tried.type_oid = t.oid
    UNION ALL
    SELECT next.oid, next.typbasetype
    FROM down
    JOIN pg_catalog.pg_type AS next ON next.oid = down.beneath
)
SELECT pg_catalog.format_type(down.oid, -1) AS type,
       -- an expression over columns of several collations has none, which a comparison does not take
       t.typcollation <> 0::oid AS collatable
FROM down
JOIN pg_catalog.pg_type AS t ON t.oid = down.oid
WHERE down.beneath = 0::oid

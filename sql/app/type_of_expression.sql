-- Names the type of one expression of the mapping (a domain counts as the type beneath it), and what says its collation
-- where it has one; reads no row. The expression stands where a sweep puts it, so that an aggregate is refused; inside
-- CASE, a function that gives several rows is, too. The bind is there because with one the server takes no second
-- statement after a semicolon.
WITH RECURSIVE tried (type_oid) AS (
    SELECT pg_catalog.pg_typeof((
        SELECT v.value
        FROM {table} AS {alias}
        CROSS JOIN LATERAL (SELECT CASE WHEN true THEN {expression} END AS value) AS v
        LIMIT %(no_rows)s::bigint
    ))::oid
),
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

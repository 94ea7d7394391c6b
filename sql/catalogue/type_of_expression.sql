-- Names the type of one expression of the mapping (a domain counts as the type beneath it); reads no row. The
-- expression stands where a sweep puts it, so that an aggregate is refused; inside CASE, a function that gives
-- several rows is, too.
WITH RECURSIVE down (oid, beneath) AS (
    SELECT t.oid, t.typbasetype
    FROM pg_catalog.pg_type AS t
    WHERE t.oid = pg_typeof((
        SELECT v.value
        FROM {table} AS {alias}
        CROSS JOIN LATERAL (SELECT CASE WHEN true THEN {expression} END AS value) AS v
        LIMIT 0
    ))::oid
    UNION ALL
    SELECT next.oid, next.typbasetype
    FROM down
    JOIN pg_catalog.pg_type AS next ON next.oid = down.beneath
)
SELECT pg_catalog.format_type(down.oid, -1) AS type
FROM down
WHERE down.beneath = 0

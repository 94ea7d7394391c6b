-- Names the type of one expression of the mapping (a domain counts as the type beneath it); reads no row. The
-- expression stands where a sweep puts it, so that an aggregate is refused; inside CASE, a function that gives
-- several rows is, too. The bind is there because with one the server takes no second statement after a semicolon.
WITH RECURSIVE down (oid, beneath) AS (
    SELECT t.oid, t.typbasetype
    FROM pg_catalog.pg_type AS t
    WHERE t.oid = pg_catalog.pg_typeof((
        SELECT v.value
        FROM {table} AS {alias}
        CROSS JOIN LATERAL (SELECT CASE WHEN true THEN {expression} END AS value) AS v
        LIMIT %(no_rows)s::bigint
    ))::oid
    UNION ALL
    SELECT next.oid, next.typbasetype
    FROM down
    JOIN pg_catalog.pg_type AS next ON next.oid = down.beneath
)
SELECT pg_catalog.format_type(down.oid, -1) AS type
FROM down
WHERE down.beneath = 0::oid

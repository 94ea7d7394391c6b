-- Names the type of one expression of the mapping, and whether it has a collation; reads no row. The expression stands
-- where a sweep puts it, so that an aggregate is refused; inside CASE, a function that gives several rows is, too. The
-- bind is there because with one the server takes no second statement after a semicolon.
WITH tried (type_oid) AS (
    SELECT pg_catalog.pg_typeof((
        SELECT v.value
        FROM {table} AS {alias}
        CROSS JOIN LATERAL (SELECT CASE WHEN true THEN {expression} END AS value) AS v
        LIMIT %(no_rows)s::bigint
    ))::oid
)
{include described_type}

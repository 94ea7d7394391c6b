-- Finds the type of an expression of the mapping, and whether it has a collation. Reads no row. The expression is where
-- a sweep puts it, so that the server rejects an aggregate, and inside CASE, so that it rejects a function that returns
-- a set. It is there once without brackets, so that the server rejects what is SQL only in them, such as a) OR (b. The
-- bind is there because a statement with one cannot hold a second after a semicolon.
WITH tried (type_oid) AS (
    SELECT pg_catalog.pg_typeof((
        SELECT v.value
        FROM {table} AS {alias}
        CROSS JOIN LATERAL (SELECT {include whole_expression} AS value) AS v
        LIMIT %(no_rows)s::bigint
    ))::oid
)
{include described_type}

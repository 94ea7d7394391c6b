-- explain expression: shows the plan for an expression of the file. Where the session's key is null, so that nothing is
-- equal to it, a subquery that finds its rows by that key reads no table, and the server sees that as it plans.
EXPLAIN (FORMAT JSON, COSTS OFF)
SELECT {expression}
FROM {table} AS {alias}
LIMIT %(no_rows)s::bigint

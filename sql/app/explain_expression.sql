-- explain expression: shows the plan for an expression of the file: by which conditions a subquery finds its rows.
EXPLAIN (FORMAT JSON, COSTS OFF)
SELECT {expression}
FROM {table} AS {alias}
LIMIT %(no_rows)s::bigint

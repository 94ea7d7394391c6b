-- A subquery of the file where each of these names is a column of two tables outside of it, so that a bare name in it is
-- ambiguous if no table in there has such a column.
(
    SELECT sweeper_query.*
    FROM (SELECT {each names ", "}NULL AS {name}{end}) AS sweeper_once
    CROSS JOIN (SELECT {each names ", "}NULL AS {name}{end}) AS sweeper_twice
    CROSS JOIN LATERAL {subquery} AS sweeper_query
)

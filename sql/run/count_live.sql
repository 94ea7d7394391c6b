-- How many failed and running sessions there are, counted no further than to the limit.
SELECT pg_catalog.count(*) AS sessions
FROM (
    SELECT
    FROM {sessions} AS s
    WHERE {live_condition}
    LIMIT %(limit)s::bigint
) AS counted

-- How many failed and running sessions there are, counted no further than to the limit; where no index knows which these
-- are, how many of any status: that is as far as a run would read.
SELECT pg_catalog.count(*) AS sessions
FROM (
    SELECT{if by_account} true AS counted{end}
    FROM {sessions} AS s
    {if unindexed}
    {else}
    WHERE {live_condition}
    {end}
    LIMIT %(limit)s::bigint
) AS counted

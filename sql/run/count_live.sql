-- Counts failed and running sessions up to a limit; where no index has these, sessions of any status, which is how far
-- a run would read.
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

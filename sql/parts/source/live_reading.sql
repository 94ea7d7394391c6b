-- The session rows and what the mapping reads of each, for statements that find failed and running sessions. The index
-- expression is outside v, where a bare name of the file could be one of its columns.
{if by_account}
{include reading_on_nodes}
{else}
FROM {sessions} AS s
CROSS JOIN LATERAL (
    SELECT {live_condition} AS sweeper_live
) AS sweeper_index
{include read_of_each}
{end}

-- The same for the statements that find failed and running sessions: whether a row is one, in the words of the index on
-- these. Beside v a bare name of the file could be one of its columns.
{if by_account}
{include reading_on_nodes}
{else}
FROM {sessions} AS s
CROSS JOIN LATERAL (
    SELECT {live_condition} AS sweeper_live
) AS sweeper_index
{include read_of_each}
{end}

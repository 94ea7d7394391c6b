-- The session rows and what the mapping reads of each, for any sessions, not only for those of a batch, which are on
-- one node.
{if by_account}
{include reading_on_nodes}
{else}
{include reading_in_hand}
{end}

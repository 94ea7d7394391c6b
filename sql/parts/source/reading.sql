-- The same for any sessions, not only for those that a batch has in hand, which are on one node.
{if by_account}
{include reading_on_nodes}
{else}
{include reading_in_hand}
{end}

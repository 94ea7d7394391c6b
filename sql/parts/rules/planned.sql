-- The refund that a run would make of a session, v, as a row. Over the nodes of Citus a row without a table has no other rows
-- beside it, which the shares read: there it is one of its account's.
(
    SELECT
        {include planned_refund}
    {if by_account}
    {if shares}
    FROM {accounts} AS a
    WHERE {accounts_id} {account_eq} v.account_id
    {include account_here}
    {end}
    {end}
)

-- The refund that a run would make of a session, v, as a row. With Citus a row without a table cannot be joined with
-- the rows that the shares read, so the account's row is read with it.
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

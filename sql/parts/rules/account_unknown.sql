-- Whether the account is gone.
NOT EXISTS (
    SELECT
    FROM {accounts} AS a
    WHERE {accounts_id} {account_eq} v.account_id
    {include account_here}
)

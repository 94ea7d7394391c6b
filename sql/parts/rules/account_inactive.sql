-- Whether the account must not be paid, such as a closed one.
NOT EXISTS (
    SELECT
    FROM {accounts} AS a
    WHERE {accounts_id} {account_eq} v.account_id
    {include account_here}
      AND ({account_active})
)

-- Whether the account must not be paid, such as a closed one, or cannot be, as it has no balance.
(
    SELECT true
    FROM {accounts} AS a
    WHERE {accounts_id} {account_eq} v.account_id
    {include account_here}
      AND ({account_active})
    LIMIT 1
) IS NULL

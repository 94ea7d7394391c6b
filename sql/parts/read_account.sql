-- What is read of the account.
LEFT JOIN LATERAL (
    SELECT {accounts_id} AS account_key,
           {balance} AS balance,
           {account_condition} AS account_condition,
           ROW ({moved_values}) AS moved
    FROM {accounts} AS a
) AS account ON true

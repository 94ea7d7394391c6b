-- The account of a refund: whether it is still there, and its balance.
LEFT JOIN LATERAL (
    SELECT true AS known,
           {accounts_id}::text AS account_id,
           {balance}::text AS balance
    FROM {accounts} AS a
    WHERE {accounts_id} {account_eq} r.account_id
) AS account ON true

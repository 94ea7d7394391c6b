-- The account of a refund: whether it is still there, and its balance.
LEFT JOIN LATERAL (
    SELECT true AS known,
           {balance}::text AS balance
    FROM {accounts} AS a
    WHERE {accounts_id} = r.account_id
) AS account ON true

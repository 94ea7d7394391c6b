-- The balances: one update an account, by what was written and nothing else.
sweeper_moved AS (
    UPDATE {accounts} AS a
    SET {move_assignments}
    FROM (
        SELECT p.account_id, pg_catalog.count(*) AS refunds, pg_catalog.sum(p.amount) AS amount, %(as_of)s::timestamptz AS at
        FROM sweeper_paid AS p
        GROUP BY p.account_id
        ORDER BY p.account_id  -- neighbours share pages
    ) AS owed
    WHERE {accounts_id} {account_eq} owed.account_id
    RETURNING {accounts_id} AS account_id, owed.refunds, owed.amount
),

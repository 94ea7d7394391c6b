-- Whether the id of a refund's account, r, seems to have changed: no such account exists, nor any of the accounts that
-- were refunded before. An app that deletes accounts keeps others.
NOT EXISTS (
    SELECT
    FROM {accounts} AS a
    WHERE {accounts_id} {account_eq} r.account_id
)
AND NOT EXISTS (
    SELECT
    FROM (
        SELECT older.account_id
        FROM {refunds} AS older
        WHERE older.created_at <= r.created_at
        ORDER BY older.created_at DESC
        LIMIT 100
    ) AS older
    WHERE EXISTS (
        SELECT
        FROM {accounts} AS a
        WHERE {accounts_id} {account_eq} older.account_id
    )
)

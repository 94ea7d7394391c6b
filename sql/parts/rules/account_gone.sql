-- Whether the account of a refund, r, no longer exists.
NOT EXISTS (
    SELECT
    FROM {accounts} AS a
    WHERE {accounts_id} {account_eq} r.account_id
)

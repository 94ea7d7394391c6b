-- What the rows of the app's ledger come to, for a few accounts that its newest rows are of.
FROM (
    {include newest_accounts}
    LIMIT 6
) AS newest
CROSS JOIN LATERAL (
    SELECT pg_catalog.sum(l.{amount_column}::numeric) AS total
    FROM {ledger} AS l
    WHERE l.{account_column} {account_column_eq} newest.account
) AS summed

-- What the rows of the app's ledger come to, for a few accounts that its newest rows are of.
FROM (
    SELECT DISTINCT l.account
    FROM (
        SELECT l.{account_column} AS account
        FROM {ledger} AS l
        WHERE l.{account_column} IS NOT NULL
        ORDER BY l.{key} DESC
        LIMIT 1000
    ) AS l
    LIMIT 6
) AS newest
CROSS JOIN LATERAL (
    SELECT pg_catalog.sum(l.{amount_column}::numeric) AS total
    FROM {ledger} AS l
    WHERE l.{account_column} {account_column_eq} newest.account
) AS summed

-- For some accounts, whether the balance of the mapping is what the app's ledger comes to, and whether another column is.
SELECT pg_catalog.count(*) AS accounts,
       pg_catalog.count(*) FILTER (WHERE ({balance})::numeric <> summed.total) AS different,
       (pg_catalog.array_agg(newest.account::text) FILTER (WHERE ({balance})::numeric <> summed.total))[1:3] AS samples,
       ARRAY[{each others ", "}pg_catalog.count(*) FILTER (WHERE a.{column}::numeric = summed.total){end}]::bigint[] AS equal
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
JOIN {accounts} AS a ON {accounts_id} {account_eq} newest.account::text::{account_type}

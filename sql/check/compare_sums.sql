-- For some accounts, whether the balance of the mapping is what the app's ledger comes to, and whether another column is.
SELECT pg_catalog.count(*) AS accounts,
       pg_catalog.count(*) FILTER (WHERE known.balance <> summed.total) AS different,
       (pg_catalog.array_agg(newest.account::text) FILTER (WHERE known.balance <> summed.total))[1:3] AS samples,
       ARRAY[{each others ", "}pg_catalog.count(*) FILTER (WHERE known.other_{place} = summed.total){end}]::bigint[] AS equal
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
JOIN (
    SELECT {accounts_id} AS account_id,
           ({balance})::numeric AS balance{each others ""},
           a.{column}::numeric AS other_{place}{end}
    FROM {accounts} AS a
) AS known ON known.account_id {account_eq} newest.account::text::{account_type}

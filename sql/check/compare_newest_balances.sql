-- For which accounts the running balance of the newest row in the app's ledger is not the balance of the mapping.
SELECT pg_catalog.count(*) AS accounts,
       pg_catalog.count(*) FILTER (WHERE ({balance})::numeric <> newest.running) AS different,
       (pg_catalog.array_agg(newest.account) FILTER (WHERE ({balance})::numeric <> newest.running))[1:3] AS samples
FROM (
    SELECT DISTINCT ON (l.account) l.account,
           l.running
    FROM (
        SELECT l.{key} AS key,
               l.{account_column}::text AS account,
               l.{column}::numeric AS running
        FROM {ledger} AS l
        WHERE l.{account_column} IS NOT NULL
        ORDER BY l.{key} DESC
        LIMIT 5000
    ) AS l
    ORDER BY l.account, l.key DESC
) AS newest
JOIN {accounts} AS a ON {accounts_id} {account_eq} newest.account::{account_type}

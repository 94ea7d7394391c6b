-- Counts the accounts for which the running balance of the newest row in the app's ledger is not the balance of the
-- mapping; for some of them also reads the account's numbers, to find the column that it is.
SELECT pg_catalog.count(*) AS accounts,
       pg_catalog.count(*) FILTER (WHERE known.balance::numeric <> newest.running) AS different,
       pg_catalog.count(*) FILTER (WHERE newest.moved) AS moved,
       pg_catalog.count(*) FILTER (WHERE newest.moved AND known.balance::numeric <> newest.running) AS moved_different,
       (pg_catalog.array_agg(newest.account) FILTER (WHERE known.balance::numeric <> newest.running))[1:3] AS samples,
       (pg_catalog.array_agg(newest.running::text))[1:50] AS running,
       (pg_catalog.array_agg(known.numbers))[1:50] AS numbers
FROM ({if moment}
    SELECT few.account::text AS account,
           newest.running,
           newest.moved
    FROM (
        {include newest_accounts}
        LIMIT 12
    ) AS few
    CROSS JOIN LATERAL (
        SELECT l.{column}::numeric AS running,
               {if amount_column}(l.{amount_column}::numeric <> 0::numeric) IS TRUE{else}true{end} AS moved
        FROM {ledger} AS l
        WHERE l.{account_column} {account_column_eq} few.account
          AND l.{column} IS NOT NULL
        ORDER BY l.{moment} DESC
        LIMIT 1
    ) AS newest{else}
    SELECT DISTINCT ON (l.account) l.account,
           l.running,
           l.moved
    FROM (
        SELECT l.{key} AS key,
               l.{account_column}::text AS account,
               l.{column}::numeric AS running,
               {if amount_column}(l.{amount_column}::numeric <> 0::numeric) IS TRUE{else}true{end} AS moved
        FROM {ledger} AS l
        WHERE l.{account_column} IS NOT NULL
        ORDER BY l.{key} DESC
        LIMIT 5000
    ) AS l
    ORDER BY l.account, l.key DESC{end}
) AS newest
JOIN (
    SELECT {accounts_id} AS account_id,
           {balance} AS balance,
           pg_catalog.concat_ws(' ', ''{each others ""}, coalesce(a.{column}::numeric, 0)::text{end}) AS numbers
    FROM {accounts} AS a
) AS known ON known.account_id {account_eq} newest.account::{account_type}

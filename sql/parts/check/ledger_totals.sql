-- The sums of the app's ledger for a few accounts of its newest rows.
FROM (
    {include newest_accounts}
    LIMIT 6
) AS newest
CROSS JOIN LATERAL (
    SELECT pg_catalog.sum(l.{amount_column}::numeric) AS total,
           pg_catalog.sum(l.{amount_column}::numeric) FILTER (
               WHERE l.{amount_column}::numeric > 0::numeric AND ({ledger_where}) IS NOT TRUE
           ) AS given,
           -pg_catalog.sum(l.{amount_column}::numeric) FILTER (WHERE l.{amount_column}::numeric < 0::numeric) AS taken,
           pg_catalog.sum(l.{amount_column}::numeric) FILTER (WHERE {ledger_where}) AS returned,
           pg_catalog.count(*) FILTER (WHERE {ledger_where}) AS refunds,
           pg_catalog.count(*) AS rows
    FROM {ledger} AS l
    WHERE l.{account_column} {account_column_eq} newest.account
) AS summed

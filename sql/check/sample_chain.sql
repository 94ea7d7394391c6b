-- Reports whether a column of the app's ledger is a running balance: from row to row of an account, it changes by the
-- amount.
SELECT pg_catalog.count(*) AS steps,
       pg_catalog.count(*) FILTER (WHERE pg_catalog.abs(chain.step) = pg_catalog.abs(chain.amount)) AS by_amount,
       pg_catalog.count(*) FILTER (WHERE chain.step = chain.amount) AS by_signed,
       pg_catalog.count(*) FILTER (WHERE chain.running <> 0::numeric) AS above_zero
FROM (
    SELECT l.amount,
           l.running,
           l.running - pg_catalog.lag(l.running) OVER (PARTITION BY l.account ORDER BY l.key) AS step
    FROM (
        SELECT l.{key} AS key,
               l.{account_column}::text AS account,
               l.{amount_column}::numeric AS amount,
               l.{column}::numeric AS running
        FROM {ledger} AS l
        ORDER BY l.{key} DESC
        LIMIT 5000
    ) AS l
) AS chain
WHERE chain.amount <> 0::numeric  -- amounts taken may have a column of their own
  AND chain.step IS NOT NULL

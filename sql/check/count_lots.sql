-- Counts the newest rows of the app's ledger of which something is left, how many of them gave credits, and how many are
-- used in part.
SELECT pg_catalog.count(*) AS rows,
       pg_catalog.count(*) FILTER (WHERE l.amount > 0::numeric) AS given,
       pg_catalog.count(*) FILTER (WHERE l.unspent < l.amount) AS used
FROM (
    SELECT l.{column}::numeric AS unspent,
           l.{amount_column}::numeric AS amount
    FROM {ledger} AS l
    ORDER BY l.{key} DESC
    LIMIT 5000
) AS l
WHERE l.unspent > 0::numeric

-- Some accounts of the newest rows of the app's ledger, in an order that is always the same, but says nothing about
-- them; the including statement limits how many.
SELECT l.account
FROM (
    SELECT l.{account_column} AS account
    FROM {ledger} AS l
    WHERE l.{account_column} IS NOT NULL
    ORDER BY l.{key} DESC
    LIMIT 1000
) AS l
GROUP BY l.account
ORDER BY pg_catalog.hashtextextended(l.account::text, 0)

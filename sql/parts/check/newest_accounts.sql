-- Some accounts of the newest rows of the app's ledger; the including statement limits how many.
SELECT DISTINCT l.account
FROM (
    SELECT l.{account_column} AS account
    FROM {ledger} AS l
    WHERE l.{account_column} IS NOT NULL
    ORDER BY l.{key} DESC
    LIMIT 1000
) AS l

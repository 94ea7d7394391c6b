-- Computes `ledger.session` for the newest rows of the app's ledger, refunds or not; an error shows that it cannot be.
SELECT pg_catalog.count(l.session) AS rows
FROM (
    SELECT {ledger_session} AS session
    FROM {ledger} AS l
    ORDER BY l.{key} DESC
    LIMIT 5000
) AS l

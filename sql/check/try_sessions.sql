-- Whether `ledger.session` can be worked out for the newest rows of the app's ledger, refunds or not: it fails where not.
SELECT pg_catalog.count(l.session) AS rows
FROM (
    SELECT {ledger_session} AS session
    FROM {ledger} AS l
    ORDER BY l.{key} DESC
    LIMIT 5000
) AS l

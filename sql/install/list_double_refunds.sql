-- Lists the sessions that have several refunds in the app's ledger, which violate the guard.
SELECT {ledger_session}::text AS session_id,
       pg_catalog.count(*) AS refunds,
       pg_catalog.count(*) OVER () AS sessions
FROM {ledger} AS l
WHERE {ledger_guard}
  AND {ledger_session} IS NOT NULL
GROUP BY {ledger_session}, {ledger_attempt}
HAVING pg_catalog.count(*) > 1
ORDER BY 1
LIMIT 5

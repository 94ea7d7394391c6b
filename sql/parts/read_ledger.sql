-- What is read of the app's ledger.
LEFT JOIN LATERAL (
    SELECT {ledger_session} AS session_key,
           {ledger_attempt} AS ledger_attempt,
           ({ledger_guard}) AS guarded,
           ({ledger_where}) AS counted,
           ROW ({ledger_amounts}) AS amounts
    FROM {ledger} AS l
) AS entry ON true

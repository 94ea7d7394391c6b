-- Sessions with several refunds in the app's ledger; rows that were doubled before the guard are not its business.
SELECT {ledger_session}::text
    FROM {ledger} AS l
    WHERE {ledger_where}
      AND {ledger_session} IS NOT NULL
    GROUP BY {ledger_session}, {ledger_attempt}
    HAVING count(*) > 1
       AND bool_or(({ledger_guard}) IS TRUE)

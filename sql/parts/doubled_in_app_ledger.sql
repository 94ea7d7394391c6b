-- Sessions with several refunds in the app's ledger; rows that were doubled before the guard are not its business.
SELECT {ledger_session}::text
    FROM {ledger} AS l
    WHERE {ledger_where}
      AND {ledger_session} IS NOT NULL
    GROUP BY {ledger_session}, {ledger_attempt}
    HAVING pg_catalog.count(*) > 1
       AND pg_catalog.bool_or(({ledger_guard}) IS TRUE)

-- The refund, in the app's ledger first, on the conflict target of its own guard; then, for what that insert
-- returned, in sweeper's. There without a conflict clause: a conflict there rolls back, to look again.
sweeper_booked AS (
    INSERT INTO {ledger} AS l ({ledger_columns})
    SELECT {ledger_values}
    FROM sweeper_payable AS refund
    ON CONFLICT ({ledger_key}) WHERE {ledger_guard} DO NOTHING
    RETURNING {ledger_session} AS session_key,
              {ledger_attempt} AS attempt,
              (({ledger_guard}) AND ({ledger_where})) IS TRUE AS guarded
),
sweeper_paid AS (
    INSERT INTO {refunds} AS r (
        refund_id, session_id, account_id, attempt, again, amount, reason, detail, layer, run_id, created_at, failed_at
    )
    SELECT p.refund_id, p.session_id, p.account_id, p.attempt, p.again, p.amount, p.reason, p.detail, p.layer, p.run_id, p.at,
           p.failed_at
    FROM sweeper_payable AS p
    JOIN sweeper_booked AS b
      ON b.session_key {ledger_session_eq} p.session_id{ledger_session_as}
     AND b.attempt {ledger_attempt_eq} p.attempt{ledger_attempt_as}
    RETURNING r.session_id, r.account_id, r.attempt, r.amount, r.reason
),

-- The refund, in sweeper's own ledger. The conflict target is named: without the guard this is an error.
sweeper_paid AS (
    INSERT INTO {refunds} AS r (
        refund_id, session_id, account_id, attempt, again, amount, reason, detail, layer, run_id, created_at, failed_at
    )
    SELECT p.refund_id, p.session_id, p.account_id, p.attempt, p.again, p.amount, p.reason, p.detail, p.layer, p.run_id, p.at,
           p.failed_at
    FROM sweeper_payable AS p
    ON CONFLICT (session_id, attempt, again) DO NOTHING
    RETURNING r.session_id, r.account_id, r.attempt, r.amount, r.reason
),
sweeper_booked AS (
    SELECT true AS guarded
    FROM sweeper_paid
),

-- Whether the app's ledger has less for the session than its whole amount as the ledger's column stores it, whatever
-- the sign. The app may round where the file does not: from the third decimal place on, digits that the file's amount
-- lacks are rounded.
(
    SELECT pg_catalog.round(pg_catalog.abs(booked.given), greatest(pg_catalog.scale(pg_catalog.trim_scale(whole.amount)), 2)) < whole.amount
    FROM (
        SELECT pg_catalog.abs(({each ledger_amount ""}{value}{end})::{each ledger_amount ""}{column_type}{end}::numeric) AS amount
        FROM (
            SELECT '00000000-0000-7000-8000-000000000000'::uuid AS refund_id,
                   v.session_id,
                   v.account_id,
                   v.attempt,
                   coalesce(r.amount, v.amount::numeric)::{amount_type} AS amount,
                   'workflow_failure'::text AS reason,
                   v.error AS detail,
                   'sweeper'::text AS layer,
                   '00000000-0000-7000-8000-000000000000'::uuid AS run_id,
                   %(as_of)s::timestamptz AS at
        ) AS refund
    ) AS whole
)

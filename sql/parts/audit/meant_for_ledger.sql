-- What the app's ledger would have for the session if all was given back, as its column keeps it, whatever the sign.
(
    SELECT pg_catalog.abs(({each ledger_amount ""}{value}{end})::{each ledger_amount ""}{column_type}{end}::numeric)
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
)

-- Why a run would put an owed session on hold; null when it would refund it.
coalesce(
    {include hold_reason},
    (
        SELECT {include unfit}
        FROM (
            SELECT NULL::uuid AS refund_id,
                   v.session_id,
                   v.account_id,
                   v.attempt,
                   v.amount,
                   {include reason} AS reason,
                   pg_catalog.left(v.error, 1000) AS detail,
                   'sweeper'::text AS layer,
                   NULL::uuid AS run_id,
                   %(as_of)s::timestamptz AS at
        ) AS refund
    )
)

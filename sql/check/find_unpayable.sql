-- Of some sessions that are not refunded, why a run would put each on hold because of the file: nobody has the account, a
-- column would round the amount, or what [accounts.add] gives does not come to it; null where it would pay.
SELECT v.session_id::text AS session_id,
       v.account_id::text AS account_id,
       v.amount::numeric::text AS amount,
       CASE
           WHEN v.amount::numeric IN ('NaN', 'Infinity') THEN NULL
           WHEN v.account_id IS NULL THEN 'no_account'{if accounts}
           WHEN {include account_unknown} THEN 'no_account'{end}
           WHEN {balance_rounds} THEN 'amount_rounded'
           ELSE (
               SELECT {include unfit}
               FROM (
                   SELECT NULL::uuid AS refund_id,
                          v.session_id,
                          v.account_id,
                          v.attempt,
                          v.amount,
                          'workflow_failure'::text AS reason,
                          pg_catalog.left(v.error, 1000) AS detail,
                          'sweeper'::text AS layer,
                          NULL::uuid AS run_id,
                          %(as_of)s::timestamptz AS at
               ) AS refund
           )
       END AS why
{include mapped_rows}
  AND NOT v.excluded
  AND v.amount::numeric > 0::numeric
  AND {include not_paid_yet}

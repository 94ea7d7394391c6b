-- For some sessions that are not refunded, why a run would put each on hold because of the file: the account does not
-- exist or is not active, a column would round the amount, or the shares of [accounts.add] do not add up to it; null for
-- all others. And whether no account is active.
SELECT v.session_id::text AS session_id,
       v.account_id::text AS account_id,
       v.amount::numeric::text AS amount,
       CASE
           WHEN v.amount::numeric IN ('NaN', 'Infinity') THEN NULL
           WHEN v.account_id IS NULL THEN 'no_account'{if accounts}
           WHEN {include account_unknown} THEN 'no_account'{end}{if active}
           WHEN {include account_inactive} THEN 'account_inactive'{end}
           WHEN {balance_rounds} THEN 'amount_rounded'
           ELSE (
               SELECT {include unfit}
               FROM {include planned} AS refund
           )
       END AS why,
       -- where only some are, the app may leave closed ones to a run
       {if active}NOT EXISTS (
           SELECT FROM (SELECT ({account_active}) AS active FROM {accounts} AS a LIMIT 5000) AS known WHERE known.active
       ){else}false{end} AS none_active
{include mapped_rows}
  AND NOT v.excluded
  AND v.amount::numeric > 0::numeric
  AND {include not_paid_yet}

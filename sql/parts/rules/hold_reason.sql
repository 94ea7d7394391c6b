-- Why no program may refund an owed session; null when a run may.
CASE
    {if shared_ids}
    WHEN v.session_id {session_eq} ANY (%(ambiguous)s::text[]::{session_type}[]) THEN 'ambiguous_id'
    {end}
    WHEN v.attempt IS NULL THEN 'no_attempt'
    WHEN {include owed_from} <= %(missing_until)s::timestamptz THEN 'refund_missing'
    WHEN v.account_id IS NULL THEN 'no_account'
    WHEN (v.account_id {account_eq} ANY (%(account_ids)s::text[]::{account_type}[])) IS NOT TRUE
        AND {if accounts}{include account_unknown}{else}false{end} THEN 'no_account'{if active}
    WHEN {include account_inactive} THEN 'account_inactive'{end}
    WHEN v.started_at IS NULL THEN 'no_started_at'
    WHEN v.amount::numeric IN ('NaN', 'Infinity', '-Infinity') THEN 'amount_not_finite'
    WHEN v.amount::numeric < 0::numeric THEN 'amount_negative'
    WHEN v.amount::numeric > %(max_amount)s::numeric THEN 'amount_above_max'
    {if charged}
    WHEN {include charge_unknown} THEN 'charge_unknown'
    WHEN v.charged::numeric IN ('NaN', 'Infinity') OR v.amount::numeric > v.charged::numeric THEN 'above_charge'
    {end}
    WHEN {balance_rounds} THEN 'amount_rounded'
    WHEN v.session_id {session_eq} ANY (%(moved)s::text[]::{session_type}[]) THEN 'id_changed'
END

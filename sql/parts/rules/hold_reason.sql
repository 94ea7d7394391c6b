-- Why no program may refund an owed session; null when one may.
CASE
    {if shared_ids}
    WHEN {include is_ambiguous} THEN 'ambiguous_id'
    {end}
    WHEN v.attempt IS NULL THEN 'no_attempt'
    WHEN {include owed_from} <= %(missing_until)s::timestamptz THEN 'refund_missing'
    WHEN v.account_id IS NULL THEN 'no_account'
    WHEN (v.account_id {account_eq} ANY (%(account_ids)s::text[]::{account_type}[])) IS NOT TRUE
        AND {if accounts}{include account_unknown}{else}false{end} THEN 'no_account'
    WHEN v.started_at IS NULL THEN 'no_started_at'
    WHEN v.amount::numeric IN ('NaN', 'Infinity', '-Infinity') THEN 'amount_not_finite'
    WHEN v.amount::numeric < 0::numeric THEN 'amount_negative'
    WHEN v.amount::numeric > %(max_amount)s::numeric THEN 'amount_above_max'
    WHEN {balance_rounds} THEN 'amount_rounded'
END

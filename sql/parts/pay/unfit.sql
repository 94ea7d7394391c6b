-- Why a refund, as it would be written, has to be held; null when it fits. A column would round it, or the shares that
-- [accounts.add] gives do not come to the amount.
CASE
    WHEN {if ledger_reads_session}(
        SELECT (
                   SELECT {ledger_rounds}
                   FROM (
                       SELECT {include refund_row}
                   ) AS refund
               )
        FROM {sessions} AS s
        WHERE {session_id} {session_eq} refund.session_id
    ){else}{ledger_rounds}{end} THEN 'amount_rounded'{if shares}
    ELSE (
        SELECT CASE
                   WHEN {shares_round} THEN 'amount_rounded'
                   WHEN {each shares " OR "}share.{share} IS NULL{end} THEN 'balance_mismatch'{if compares_shares}
                   WHEN {include grows_by_amount} IS NOT TRUE THEN 'balance_mismatch'{end}
               END
        {include shares}
    ){end}
END

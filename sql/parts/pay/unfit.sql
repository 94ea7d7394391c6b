-- Why a refund has to be put on hold instead of being written; null when it fits. Either a column would round the
-- amount, or the shares of [accounts.add] do not add up to it, or several sessions have its id.
CASE
    {if several_in_hand}
    {if shares}
    {include several_beside}
    {else}
    {if ledger_reads_session}
    {include several_beside}
    {end}
    {end}
    {end}
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

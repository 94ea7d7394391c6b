-- The rows of the app's ledger, one for each refund, in the order that its sequences should follow.
{if ledger_reads_session}
SELECT written.*
FROM {if chained}sweeper_chain{else}sweeper_payable{end} AS p
JOIN {sessions} AS s ON {session_id} {session_eq} p.session_id
CROSS JOIN LATERAL (
    SELECT value.*
    FROM (
        SELECT p.refund_id, p.session_id, p.account_id, p.attempt, p.amount, p.reason, p.detail, p.layer, p.run_id,
               p.at{if chained}, p.balance_before, p.balance_after{end}
    ) AS refund
    CROSS JOIN LATERAL (
        SELECT {each ledger_values ",\n                   "}{value}{end}
    ) AS value
) AS written
ORDER BY p.refund_id
{else}
SELECT {each ledger_values ",\n           "}{value}{end}
FROM {if chained}sweeper_chain{else}sweeper_payable{end} AS refund{if chained}
ORDER BY refund.refund_id{end}
{end}


-- What each column of the account takes of a refund, by [accounts.add]: over the rows of its session, s, and of its
-- account, a.
FROM {sessions} AS s
CROSS JOIN {accounts} AS a
CROSS JOIN LATERAL (
    SELECT value.*
    FROM (
        SELECT {include refund_row}
    ) AS refund
    CROSS JOIN LATERAL (
        SELECT {each shares ", "}({value})::numeric AS {share}{end}
    ) AS value
) AS share
WHERE {session_id} {session_eq} refund.session_id
  AND {accounts_id} {account_eq} refund.account_id

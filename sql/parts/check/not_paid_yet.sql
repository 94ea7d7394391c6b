-- Whether neither sweeper's own ledger nor the app's has a refund of the session, v.
(
    SELECT true
    FROM {refunds} AS r
    WHERE r.session_id {session_eq} v.session_id AND r.attempt {attempt_eq} v.attempt{if by_account} AND r.account_id {account_eq} v.account_id{end}
    LIMIT 1
) IS NULL{if ledger}
AND {include refunded_by_app} IS NULL{end}

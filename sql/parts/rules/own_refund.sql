-- Which refund in sweeper's own ledger is that of the session's charge, v.
r.session_id {session_eq} v.session_id AND r.attempt {attempt_eq} v.attempt AND r.again = v.again{if by_account}
{include refund_here}{end}

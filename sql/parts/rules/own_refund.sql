-- Which refund in sweeper's own ledger is that of the session's charge, v. Integers by their function: in a table without
-- statistics, as after a first run, two columns that are compared with constants seem to leave one row, and the planner
-- would read all refunds again for each session.
r.session_id {session_eq} v.session_id
AND {if attempts}r.attempt {attempt_eq} v.attempt{else}pg_catalog.int4eq(r.attempt, v.attempt){end}
AND pg_catalog.int4eq(r.again, v.again){if by_account}
{include refund_here}{end}

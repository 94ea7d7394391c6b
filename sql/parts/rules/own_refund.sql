-- Which refund in sweeper's own ledger is that of the session's charge, v. Integers are compared by a function: in a
-- table without statistics, as after a first run, the planner takes two columns compared with constants to leave one
-- row, and would read all refunds again for each session.
r.session_id {session_eq} v.session_id
AND {if attempts}r.attempt {attempt_eq} v.attempt{else}pg_catalog.int4eq(r.attempt, v.attempt){end}
AND pg_catalog.int4eq(r.again, v.again){if by_account}
{include refund_here}{end}

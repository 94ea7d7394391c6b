-- What the mapping reads of the session rows on all nodes of Citus, v. The rows, s, are inside a subquery, because
-- Citus allows no subquery of a row without a table of its own beside another.
FROM (
    SELECT m.*,
           -- a user may pay once more what was taken back
           CASE WHEN %(payable_again)s::boolean
               THEN (
                   SELECT pg_catalog.count(*)
                   FROM {refunds} AS r
                   JOIN {reversals} AS reversal ON reversal.refund_id = r.refund_id
                   WHERE r.session_id {session_eq} m.session_id AND r.attempt {attempt_eq} m.attempt
                     AND r.account_id {account_eq} m.account_id
                     AND reversal.account_id {account_eq} r.account_id
               )::int
               ELSE 0
           END AS again
    FROM (
        {include mapped},
               {live_condition} AS sweeper_live
        FROM {sessions} AS s
    ) AS m
) AS v

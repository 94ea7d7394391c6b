-- The session rows over all the nodes of Citus, as the mapping reads them, v. The rows, s, are inside: it takes no subquery of
-- a row that has no table of its own beside another.
FROM (
    SELECT m.*,
           -- a person may pay once more what was taken back
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

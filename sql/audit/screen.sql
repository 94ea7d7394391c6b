-- screen: counts the failed and running sessions whose refund is in sweeper's ledger, and the candidates of the
-- findings about them, in one scan instead of one for each finding. When every refund's session is among them, none can
-- have succeeded.
SELECT matched.sessions,
       matched.credits,
       coalesce(matched.wrong_amount, false) AS wrong_amount,
       coalesce(matched.failed_after_refund, false) AS failed_after_refund,
       matched.refunds < (
           SELECT pg_catalog.count(*)
           FROM {refunds} AS r
           WHERE {include in_period}
             AND {include moved_credits}
       ){if shared_ids} OR true{end} AS refunded_then_succeeded
FROM (
    SELECT pg_catalog.count(*) FILTER (WHERE compared.own) AS sessions,
           coalesce(pg_catalog.sum(compared.credits), 0)::text AS credits,
           pg_catalog.bool_or(compared.wrong_amount) AS wrong_amount,
           pg_catalog.bool_or(compared.failed_after_refund) AS failed_after_refund,
           pg_catalog.count(*) FILTER (WHERE compared.moved_credits) AS refunds
    FROM (
        SELECT ({include own_refund}) AS own,
               CASE WHEN {include own_refund} THEN {include counted_credits} END AS credits,
               -- in this order only a few have to be looked up among the reversals
               CASE WHEN r.attempt {attempt_eq} v.attempt AND {include in_period}
                   THEN ({include is_wrong_amount}) AND {include not_reversed}
               END AS wrong_amount,
               CASE WHEN r.attempt {attempt_eq} v.attempt AND {include in_period}
                   THEN ({include is_failed_after_refund}) AND {include not_reversed}
               END AS failed_after_refund,
               {include in_period} AND {include moved_credits} AS moved_credits
        {include live_reading}
        JOIN {refunds} AS r ON r.session_id {session_eq} v.session_id{if by_account} AND r.account_id {account_eq} v.account_id{end}
        WHERE {include audited}
    ) AS compared
) AS matched

-- screen: whether there is any refund for these findings to name: one reading of the sessions that failed or run, instead of
-- one a finding. Of a refund whose session is among them none can have succeeded.
SELECT coalesce(matched.wrong_amount, false) AS wrong_amount,
       coalesce(matched.failed_after_refund, false) AS failed_after_refund,
       matched.refunds < (
           SELECT pg_catalog.count(*)
           FROM {refunds} AS r
           WHERE r.created_at >= %(since)s::timestamptz
             AND r.created_at < %(until)s::timestamptz
             AND {include not_reversed}
             AND {include moved_credits}
       ){if shared_ids} OR true{end} AS refunded_then_succeeded
FROM (
    SELECT pg_catalog.bool_or(compared.wrong_amount) AS wrong_amount,
           pg_catalog.bool_or(compared.failed_after_refund) AS failed_after_refund,
           pg_catalog.count(*) FILTER (WHERE compared.moved_credits) AS refunds
    FROM (
        SELECT CASE WHEN r.attempt {attempt_eq} v.attempt THEN {include is_wrong_amount} END AS wrong_amount,
               CASE WHEN r.attempt {attempt_eq} v.attempt THEN {include is_failed_after_refund} END AS failed_after_refund,
               {include moved_credits} AS moved_credits
        {include reading}
        JOIN {refunds} AS r
          ON r.session_id {session_eq} v.session_id
         AND r.created_at >= %(since)s::timestamptz
         AND r.created_at < %(until)s::timestamptz
         AND {include not_reversed}
        WHERE {include audited}
    ) AS compared
) AS matched

-- What the mapping reads of each session row. The app's expressions see s and nothing of ours: a column of ours within
-- their reach could be taken for one of the app's with the same name.
CROSS JOIN LATERAL (
    SELECT m.session_id,
           m.account_id,
           m.attempt,
           -- a user may pay once more what was taken back
           CASE WHEN %(payable_again)s::boolean
               THEN (
                   SELECT pg_catalog.count(*)
                   FROM {refunds} AS r
                   JOIN {reversals} AS reversal ON reversal.refund_id = r.refund_id
                   WHERE r.session_id {session_eq} m.session_id AND r.attempt {attempt_eq} m.attempt
                   {if by_account}
                   AND r.account_id {account_eq} m.account_id
                   AND reversal.account_id {account_eq} r.account_id
                   AND (%(accounts)s::text[] IS NULL OR r.account_id {account_eq} ANY (%(accounts)s::text[]::{account_type}[]))
                   AND (%(accounts)s::text[] IS NULL OR reversal.account_id {account_eq} ANY (%(accounts)s::text[]::{account_type}[]))
                   {end}
               )::int
               ELSE 0
           END AS again,
           m.status,
           m.started_at,
           m.active_at,
           m.failed_at,
           m.amount,
           m.excluded,{if never}
           m.never,{end}
           m.error{if charged},
           m.charged{end}
    FROM (
        {include mapped}
    ) AS m
) AS v

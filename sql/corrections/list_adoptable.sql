-- Lists a page of the sessions that the user selects, with what an adoption records of each. Sent only in read-only
-- transactions, because the condition and the amount are the user's own SQL, which sees the session row and nothing of
-- ours.
SELECT v.session_id::text AS session_id,
       v.account_id::text AS account_id,
       v.attempt::text AS attempt,
       v.status,
       v.amount::text AS amount,
       coalesce((
           SELECT true
           FROM {refunds} AS r
           WHERE r.session_id {session_eq} v.session_id AND r.attempt {attempt_eq} v.attempt{if by_account} AND r.account_id {account_eq} v.account_id{end}
           LIMIT 1
       ), {if ledger}{include refunded_by_app}{else}false{end}, false) AS refunded
FROM (
    SELECT {session_id} AS session_id,
           ({adopted_account}){account_as} AS account_id,
           {attempt} AS attempt,
           {status}::text AS status,
           ({adopted_amount})::text::numeric AS amount,
           ({condition}) IS TRUE AS chosen
    FROM {sessions} AS s
) AS v
WHERE (%(session_id)s::text IS NULL OR v.session_id {session_eq} %(session_id)s::text::{session_type})
  AND (%(after)s::text IS NULL OR v.session_id {session_gt} %(after)s::text::{session_type})
  AND v.chosen
ORDER BY v.session_id
LIMIT %(page_size)s::bigint

-- Lists the refunds of one session, each with the reversal that took it back. A session's error text stays out of it.
SELECT r.refund_id::text AS refund_id,
       r.attempt::text AS attempt,
       r.again,
       r.account_id::text AS account_id,
       r.amount::text AS amount,
       r.reason,
       CASE WHEN r.layer = 'adopted' THEN r.detail END AS adopted_because,
       r.layer,
       r.run_id::text AS run_id,
       r.created_at,
       x.reason AS reversed_because,
       x.made_by AS reversed_by,
       x.created_at AS reversed_at
FROM {refunds} AS r
LEFT JOIN {reversals} AS x ON x.refund_id = r.refund_id
WHERE r.session_id {session_eq} %(session_id)s::text::{session_type}
ORDER BY r.created_at, r.refund_id

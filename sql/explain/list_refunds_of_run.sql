-- Lists a page of the refunds of one run, and whether each was taken back.
SELECT r.refund_id::text AS refund_id,
       r.session_id::text AS session_id,
       r.account_id::text AS account_id,
       r.attempt::text AS attempt,
       r.amount::text AS amount,
       r.reason,
       EXISTS (
           SELECT
           FROM {reversals} AS x
           WHERE x.refund_id = r.refund_id{if by_account} AND x.account_id {account_eq} r.account_id{end}
       ) AS reversed
FROM {refunds} AS r
WHERE r.run_id = %(run_id)s::text::uuid
  AND r.created_at = %(run_as_of)s::timestamptz
  AND (%(after)s::uuid IS NULL OR r.refund_id > %(after)s::uuid)
ORDER BY r.refund_id
LIMIT %(page_size)s::bigint

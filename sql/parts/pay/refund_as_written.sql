-- The refund, r, as it was written, by the names that the file has for it.
SELECT r.refund_id,
       r.session_id,
       r.account_id,
       r.attempt,
       r.amount::{amount_type} AS amount,
       r.reason,
       r.detail,
       r.layer,
       r.run_id,
       r.created_at AS at

-- The amounts and the account that a row of the app's ledger should have, by the refund, r.
SELECT {if meant}{each meant ", "}{value} AS {name}{end}{else}1 AS nothing{end}
FROM (
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
) AS refund

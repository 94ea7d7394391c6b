-- A made-up refund with the names that expressions of [accounts.add], [ledger.insert] and [ledger.reverse] may use.
(SELECT NULL::uuid AS refund_id, NULL::{session_type} AS session_id, NULL::{account_type} AS account_id,
        NULL::{attempt_type} AS attempt, NULL::{amount_type} AS amount, NULL::text AS reason, NULL::text AS detail,
        NULL::text AS layer, NULL::uuid AS run_id, NULL::timestamptz AS at{if chained},
        NULL::{balance_type} AS balance_before, NULL::{balance_type} AS balance_after{end})

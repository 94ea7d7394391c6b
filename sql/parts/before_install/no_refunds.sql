-- Stands for the ledger where nothing is installed yet, for a dry run: there is no refund.
(SELECT NULL::uuid AS refund_id,
        NULL::{session_type}{session_collate} AS session_id,
        NULL::{account_type}{account_collate} AS account_id,
        NULL::{attempt_type}{attempt_collate} AS attempt,
        NULL::int AS again,
        NULL::numeric AS amount,
        NULL::text AS layer,
        NULL::uuid AS run_id,
        NULL::timestamptz AS created_at
 WHERE false)

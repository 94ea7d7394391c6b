-- Takes the place of the ledger in a dry run where nothing is installed yet: there is no refund.
(SELECT {if by_account}pg_catalog.md5({session_id}::text)::uuid{else}NULL::uuid{end} AS refund_id,
        {if by_account}{session_id}{else}NULL::{session_type}{session_collate}{end} AS session_id,
        {if by_account}{account}{else}NULL::{account_type}{account_collate}{end} AS account_id,
        {if by_account}{attempt}{else}NULL::{attempt_type}{attempt_collate}{end} AS attempt,
        {if by_account}0{else}NULL::int{end} AS again,
        NULL::numeric AS amount,
        NULL::text AS layer,
        NULL::uuid AS run_id,
        NULL::timestamptz AS failed_at,
        NULL::timestamptz AS created_at{if by_account}
 {include none_on_nodes}{else}
 WHERE false{end})

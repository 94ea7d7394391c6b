-- Takes the place of the holds in a dry run where nothing is installed yet: nothing is on hold.
(SELECT {if by_account}{session_id}{else}NULL::{session_type}{session_collate}{end} AS session_id,
        {if by_account}({attempt})::text{else}NULL::text{end} AS attempt,
        NULL::text AS why,
        NULL::text AS sqlstate,
        NULL::timestamptz AS first_seen,
        NULL::timestamptz AS last_seen,
        NULL::timestamptz AS ended_at{if by_account},
        {account} AS account_id
 {include none_on_nodes}{else}
 WHERE false{end})

-- Takes the place of the reversals in a dry run where nothing is installed yet: nothing was taken back.
(SELECT {if by_account}pg_catalog.md5({session_id}::text)::uuid{else}NULL::uuid{end} AS refund_id{if by_account},
        {account} AS account_id
 {include none_on_nodes}{else}
 WHERE false{end})

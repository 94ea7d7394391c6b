-- find changed: one session of this batch that would now not be owed what it was paid, because of rows that it may
-- share with others of the batch: its own refund, or another, may have changed them. Leaves out what a refund sets on
-- the session's own row, which does not concern others. Or one whose account has several refunds in this batch, and is
-- not active any more, or would take other shares: these were computed as if each was the only one.
SELECT r.session_id::text AS session_id
FROM (
    SELECT r.*{if rereads_account},
           pg_catalog.count(*) OVER (PARTITION BY r.account_id) AS of_account{end}
    FROM {refunds} AS r
    WHERE r.refund_id = ANY ({if by_account}%(refund_ids)s::text::uuid[]{else}ARRAY(SELECT pg_catalog.unnest(%(refund_ids)s::text::uuid[])){end})
      {if by_account}
      AND r.account_id {account_eq} ANY (%(accounts)s::text[]::{account_type}[])
      {end}
) AS r
LEFT JOIN LATERAL (
    SELECT {if rereads_exclude}({exclude}) IS TRUE{else}false{end} AS excluded{if rereads_amount},
           {amount} AS amount{end}{if rereads_charged},
           {charged} AS charged{end}
    FROM (
        SELECT {each as_unpaid ",\n               "}{if computed}({computed})::{column_type}{else}s.{column}{end} AS {column}{end}
        FROM (
            SELECT {each as_unpaid ",\n                   "}{if written}NULL::{column_type}{else}s.{column}{end} AS {column}{end}
            {include session_of_refund}
        ) AS s
    ) AS s
) AS now ON true
WHERE now.excluded
   {if rereads_amount}
   OR (now.amount::{amount_type}::numeric >= r.amount) IS NOT TRUE
   {end}
   {if rereads_charged}
   OR (now.charged::{charged_type}::numeric >= r.amount) IS NOT TRUE
   {end}
   {if rereads_active}
   OR r.of_account > 1::bigint AND NOT EXISTS (
       SELECT
       FROM {accounts} AS a
       WHERE {accounts_id} {account_eq} r.account_id
         AND ({account_active})
         {include account_here}
   )
   {end}
   {if rereads_shares}
   OR r.of_account > 1::bigint AND r.shares OPERATOR(pg_catalog.<>) (
       SELECT {include shares_taken}
       FROM (
           {include refund_as_written}
       ) AS refund
   )
   {end}
LIMIT 1

-- For those of some sessions that are not refunded and for whose account `accounts.invariant` holds, whether it would
-- hold no longer after their refund.
SELECT v.session_id::text AS session_id,
       (
           SELECT (
               SELECT (
                   SELECT ({account_condition}) IS FALSE
                   FROM (
                       SELECT {each invariant_columns ", "}{if share}(a.{column}::numeric + share.{share}::numeric)::{column_type}{else}{if plus}(a.{column}::numeric + refund.amount::numeric)::{column_type}{else}{if minus}(a.{column}::numeric - refund.amount::numeric)::{column_type}{else}a.{column}{end}{end}{end} AS {column}{end}
                   ) AS a
               )
               {if shares}{include shares}{else}FROM {accounts} AS a
               WHERE {accounts_id} {account_eq} refund.account_id{end}
           )
           FROM {include planned} AS refund
       ) AS broken
{include mapped_rows}
  AND NOT v.excluded
  AND v.amount::numeric > 0::numeric
  AND v.amount::numeric <> 'NaN'::numeric
  AND {include not_paid_yet}
  AND (
      SELECT ({account_condition}) IS TRUE
      FROM {accounts} AS a
      WHERE {accounts_id} {account_eq} v.account_id
  )
ORDER BY 1
LIMIT 1000

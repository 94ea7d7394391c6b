-- What each column of the account takes of a refund, by [accounts.add], computed over the rows of its session, s, and
-- its account, a.
FROM {sessions} AS s
CROSS JOIN {accounts} AS a
CROSS JOIN LATERAL (
    SELECT value.*
    FROM (
        SELECT {include refund_row}
    ) AS refund
    CROSS JOIN LATERAL (
        SELECT {each shares ", "}({value})::numeric AS {share}{end}
    ) AS value
) AS share
{if by_account}
{if compares_shares}
-- the balance before and after: with Citus, no subquery of the row is allowed where they are compared
CROSS JOIN LATERAL (
    SELECT {balance}::text::numeric AS balance
    FROM (
        SELECT {each account_columns ", "}{if share}{if money}({value} + share.{share})::money{else}pg_catalog.trim_scale(a.{column}::text::numeric + share.{share})::text::{column_type}{end} AS {column}{else}a.{column}{end}{end}
    ) AS a
) AS balance_after
CROSS JOIN LATERAL (
    SELECT {balance}::text::numeric AS balance
    FROM (
        SELECT {each account_columns ", "}a.{column}{end}
    ) AS a
) AS balance_before
{end}
{end}
WHERE {session_id} {session_eq} refund.session_id
  AND {accounts_id} {account_eq} refund.account_id
  {if by_account}
  AND {account} {account_eq} refund.account_id
  AND (%(accounts)s::text[] IS NULL OR {account} {account_eq} ANY (%(accounts)s::text[]::{account_type}[]))
  {include account_here}
  {end}

-- Whether the balance would grow by exactly the amount: computed over the account's row with the shares added.
{if by_account}
(
    pg_catalog.abs(balance_after.balance - balance_before.balance - refund.amount::numeric)
        <= pg_catalog.abs(refund.amount::numeric) * {tolerance}::numeric
)
{else}
(
    SELECT pg_catalog.abs((SELECT {balance}::text::numeric FROM (
               SELECT {each account_columns ",\n                      "}{if share}{if money}({value} + share.{share})::money{else}pg_catalog.trim_scale(a.{column}::text::numeric + share.{share})::text::{column_type}{end} AS {column}{else}a.{column}{end}{end}
           ) AS a) - (SELECT {balance}::text::numeric FROM (
               SELECT {each account_columns ", "}a.{column}{end}
           ) AS a) - refund.amount::numeric)
        <= pg_catalog.abs(refund.amount::numeric) * {tolerance}::numeric
)
{end}

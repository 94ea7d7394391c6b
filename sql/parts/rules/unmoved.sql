-- Why a run, which reads the balances back, would not refund a session: the app's ledger would round the balance, or
-- the balance, or what was spent, would not change by exactly the amount. Null where it would.
(
    SELECT CASE{if chained}
               WHEN (
                   SELECT {chain_rounds}
                   FROM (
                       SELECT refund.*,
                              {balance}::text::numeric::{balance_type} AS balance_before,
                              ({balance}::text::numeric + refund.amount::numeric)::{balance_type} AS balance_after
                   ) AS refund
               ) THEN 'amount_rounded'{end}
               {each read_back "\n               "}WHEN {if nullable}{value} IS NOT NULL AND {end}(
                   pg_catalog.abs(
                       {if floating}(
                           {value}::{column_type} {sign} refund.amount::numeric::{column_type}
                       )::text::numeric{else}pg_catalog.trim_scale(
                           {value}::text::numeric {sign} refund.amount::numeric
                       )::{if money}money::numeric{else}text::{column_type}::text::numeric{end}{end}
                       - ({value}::text::numeric {sign} refund.amount::numeric)
                   ) <= pg_catalog.abs(refund.amount::numeric) * {tolerance}::numeric
               ) IS NOT TRUE THEN 'balance_mismatch'{end}
           END
    FROM {accounts} AS a
    WHERE {accounts_id} {account_eq} refund.account_id
)

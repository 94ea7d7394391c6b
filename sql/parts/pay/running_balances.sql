-- The refunds of a batch with the account's balance before and after each.
sweeper_chain AS MATERIALIZED (
    SELECT refund.*,
           {chain_rounds} AS chain_rounds
    FROM (
        SELECT {if spaced}p.refund_id, p.session_id, p.account_id, p.attempt, p.again, p.amount, p.reason, p.detail,
               p.layer, p.run_id, p.failed_at, p.stuck, {moment_of_row} AS at{else}p.*{end},
               (before.balance + p.before_amount)::{balance_type} AS balance_before,
               (before.balance + p.before_amount + p.amount::numeric)::{balance_type} AS balance_after
        FROM (
            SELECT p.*,
                   pg_catalog.sum(p.amount::numeric) OVER (
                       PARTITION BY p.account_id ORDER BY p.refund_id ROWS UNBOUNDED PRECEDING
                   ) - p.amount::numeric AS before_amount{if spaced},
                   pg_catalog.count(*) OVER (PARTITION BY p.account_id)
                       - pg_catalog.row_number() OVER (PARTITION BY p.account_id ORDER BY p.refund_id) AS behind{end}
            FROM sweeper_payable AS p
        ) AS p
        CROSS JOIN LATERAL (
            SELECT {balance}::text::numeric AS balance
            FROM {accounts} AS a
            WHERE {accounts_id} {account_eq} p.account_id
        ) AS before
    ) AS refund
),

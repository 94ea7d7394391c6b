-- No account table is mapped: the balance is the sum of the ledger.
sweeper_moved AS (
    SELECT NULL::text AS account_id, 0 AS refunds, 0 AS amount
    WHERE false
),

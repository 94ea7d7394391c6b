-- A condition: sweeper's own ledger does not have the refund.
AND NOT EXISTS (
    SELECT
    FROM {refunds} AS r
    WHERE {include own_refund}
)

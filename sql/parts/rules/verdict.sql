-- The verdict on a failed or running session, with the rules in the order in which they apply. A scalar subquery,
-- unlike EXISTS, is always one index probe for each row and never a scan of the whole ledger.
CASE
    WHEN (
        SELECT true
        FROM {refunds} AS r
        WHERE {include own_refund}
        LIMIT 1
    ) THEN 'refunded'
    {include verdict_of_others}
END

-- Whether a refund still stands.
NOT EXISTS (
    SELECT
    FROM {reversals} AS reversal
    WHERE reversal.refund_id = r.refund_id
)

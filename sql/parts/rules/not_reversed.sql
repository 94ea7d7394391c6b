-- Whether a refund was not taken back.
NOT EXISTS (
    SELECT
    FROM {reversals} AS reversal
    WHERE reversal.refund_id = r.refund_id
      {if by_account}
      AND reversal.account_id {account_eq} r.account_id
      {end}
)

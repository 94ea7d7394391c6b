-- The columns of a refund that the file's expressions may use, and no others.
refund.refund_id, refund.session_id, refund.account_id, refund.attempt, refund.amount, refund.reason, refund.detail,
refund.layer, refund.run_id, refund.at

-- The names of a refund that the file may use, and nothing else of its row.
refund.refund_id, refund.session_id, refund.account_id, refund.attempt, refund.amount, refund.reason, refund.detail,
refund.layer, refund.run_id, refund.at

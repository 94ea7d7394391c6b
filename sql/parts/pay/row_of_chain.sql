-- The columns of a refund in a chain, without its time.
p.refund_id, p.session_id, p.account_id, p.attempt, p.again, p.amount, p.reason, p.detail, p.layer, p.run_id, p.failed_at, p.stuck

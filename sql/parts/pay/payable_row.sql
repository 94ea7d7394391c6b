-- The refund under the names that expressions of [ledger.insert] use.
p.refund_id, p.session_id, p.account_id, p.attempt, p.amount, p.reason, p.detail, p.layer, p.run_id,
p.at{if chained}, p.balance_before, p.balance_after{end}

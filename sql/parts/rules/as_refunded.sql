-- Whether a session that is owed has the account, the amount and the moment of failure of a refund, r.
r.failed_at = owed.owed_from AND r.account_id {account_eq} owed.account_id AND r.amount = owed.amount

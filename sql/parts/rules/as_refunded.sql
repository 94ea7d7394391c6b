-- Whether a session that is owed has the account, the amount and the moment of failure of a refund, r. Where the id of
-- the refund's account seems to have changed in the same migration, no other session may share the other two.
r.failed_at = owed.owed_from AND r.amount = owed.amount AND (
    r.account_id {account_eq} owed.account_id AND owed.times = 1{if accounts}
    OR owed.times_of_all = 1 AND {include account_changed}{end}
){if attempt_moves}
AND {include same_charge}{end}

-- Whether a session that has the id of a refund, r, cannot be the one that was refunded.
({include another_account}) IS TRUE
               OR ({include started_later}) IS TRUE

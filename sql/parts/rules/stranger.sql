-- Whether a session with the id of a refund, r, cannot be the one that was refunded.
{if same_accounts}({include another_account}) IS TRUE
               OR {end}({include started_later}) IS TRUE

-- Whether a session with the id of a refund, r, cannot be the one that was refunded.
{if same_accounts}(pg_catalog.lower(v.account_id::text) <> pg_catalog.lower(r.account_id::text)) IS TRUE
               OR {end}({include started_later}) IS TRUE

-- Whether a session's account is not the one that its refund went to; as text, because types may differ.
pg_catalog.lower(v.account_id::text) <> pg_catalog.lower(r.account_id::text)

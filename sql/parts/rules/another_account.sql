-- Whether a session's account differs from the one that its refund went to; compared as text, because the types may
-- differ.
pg_catalog.lower(v.account_id::text) <> pg_catalog.lower(r.account_id::text)

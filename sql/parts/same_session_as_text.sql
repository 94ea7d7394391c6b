-- Which session a refund is of, where the ledger may have its ids in another type.
r.session_id::text = v.old_session_id

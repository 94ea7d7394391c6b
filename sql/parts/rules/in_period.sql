-- Whether a refund, r, was written in the period of an audit.
r.created_at >= %(since)s::timestamptz
AND r.created_at < %(until)s::timestamptz

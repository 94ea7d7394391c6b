-- A refund of the session as it is now, that was written in the period and still stands.
r.session_id = v.session_id
  AND r.attempt = v.attempt
  AND r.created_at >= %(since)s::timestamptz
  AND r.created_at < %(until)s::timestamptz
  AND {include not_reversed}

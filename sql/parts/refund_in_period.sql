-- A refund of the session's charge as it is now, or one paid again by a person, that was written in the period and
-- still stands.
r.session_id = v.session_id
  AND (r.attempt = v.attempt OR pg_catalog.starts_with(r.attempt, v.attempt || ' (again '))
  AND r.created_at >= %(since)s::timestamptz
  AND r.created_at < %(until)s::timestamptz
  AND {include not_reversed}

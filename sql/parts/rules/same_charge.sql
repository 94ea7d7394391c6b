-- Whether the charge of a session that is owed may be the one that was refunded, r, under another attempt. It was taken
-- before the refund and before it failed: another charge may have failed in the same second, and no moment of failure
-- tells it apart when the session's row gives none and that of the charge takes its place.
owed.started_at::timestamptz < owed.owed_from AND owed.started_at::timestamptz <= r.created_at

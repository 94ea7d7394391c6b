-- Whether a session is older than the first charge in the app's books, and has none there.
v.charged IS NULL AND v.started_at::timestamptz < %(first_charge)s::timestamptz

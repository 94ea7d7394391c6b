-- When a running session is stuck, by its own deadline: one that has none never is.
coalesce({moment}, 'infinity'::timestamptz)

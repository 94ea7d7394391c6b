-- When a running session is stuck, by its own deadline; without one it never is.
coalesce({moment}, 'infinity'::timestamptz)

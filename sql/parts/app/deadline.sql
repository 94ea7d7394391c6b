-- The deadline of a running session: it is stuck after that, and never without one.
coalesce({moment}, 'infinity'::timestamptz)

-- Whether a session was started after the refund of the same attempt, so that it cannot be the one that was refunded.
-- The clocks of the app and of the run may differ by a minute.
v.started_at::timestamptz > r.created_at + interval '1 minute'
            AND pg_catalog.regexp_replace(r.attempt::text, ' \(again [0-9]+\)$', '') IN (v.attempt::text, '', '0')

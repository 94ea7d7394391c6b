-- Whether the session was started or failed again after its refund: later than its row said once it was refunded and
-- the app's triggers had run (to the second, where the row alone does not give that time). A layer that calls refund()
-- writes its own failure right after it, by a clock that may be ahead.
greatest(v.failed_at, v.started_at::timestamptz)
    > greatest(
        r.failed_at{if closing_tells}{else} + interval '1 second'{end},
        r.created_at + CASE WHEN r.run_id IS NULL THEN interval '1 minute' ELSE '0' END
    )

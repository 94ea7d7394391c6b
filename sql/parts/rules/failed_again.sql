-- Whether the session was started or failed anew after its refund: later than its row said as it was refunded, which has what
-- triggers of the app made of the closing (where the row alone does not tell, that is known to the second). A layer that calls
-- refund() writes its own failure right after it, by a clock that may be ahead.
greatest(v.failed_at, v.started_at::timestamptz)
    > greatest(
        r.failed_at{if closing_tells}{else} + interval '1 second'{end},
        r.created_at + CASE WHEN r.run_id IS NULL THEN interval '1 minute' ELSE '0' END
    )

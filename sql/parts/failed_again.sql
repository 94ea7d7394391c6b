-- Whether the session was started or failed anew after its refund. What is written to its row while it is being
-- refunded does not count: a run, whose refunds all carry its first moment, takes time.
(
        greatest(v.failed_at, v.started_at::timestamptz) > r.created_at + interval '1 minute'
        AND greatest(v.failed_at, v.started_at::timestamptz) > r.created_at + interval '1 minute' + CASE
            WHEN r.run_id IS NULL THEN interval '0'
            ELSE coalesce(
                (SELECT run.ended_at - run.started_at FROM {runs} AS run WHERE run.run_id = r.run_id),
                interval '1 hour'  -- a run that died has not said how long it took
            )
        END
    )

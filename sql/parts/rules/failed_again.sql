-- Whether the session was started or failed anew after its refund. What is written to its row while it is being
-- refunded does not count: a run, whose refunds all carry its first moment, takes time. (The clock of a run may have
-- been told; then the time since its first moment says nothing, and the run's own duration has to do.)
(
    greatest(v.failed_at, v.started_at::timestamptz) > r.created_at
    AND greatest(v.failed_at, v.started_at::timestamptz) > r.created_at + CASE
        WHEN r.run_id IS NULL THEN interval '1 minute'  -- a layer's own clock may be so far ahead
        ELSE coalesce(
            (
                SELECT greatest('0', least(
                    run.ended_at - run.as_of,
                    run.ended_at - run.started_at + interval '1 minute'
                ))
                FROM {runs} AS run
                WHERE run.run_id = r.run_id
            ),
            interval '1 hour'  -- a run that died has not said how long it took
        ) + interval '1 second'  -- a column without fractions of a second rounds up
    END
)

-- Until when the runs before this one had counted what the app's layers had refunded.
coalesce((
    SELECT (before.told #>> '{layer_refunds,until}'::text[])::timestamptz
    FROM {runs} AS before
    WHERE before.run_id <> %(run_id)s::uuid
      AND before.ended_at IS NOT NULL
      AND before.told #>> '{layer_refunds,until}'::text[] IS NOT NULL
    ORDER BY before.started_at DESC
    LIMIT 1
), '-infinity'::timestamptz)

-- Until when the runs before this one had counted what the app's layers had refunded. The first counts from the installation
-- on: what was kept or adopted from before is history, and may be years of it.
coalesce((
    SELECT (before.told #>> '{layer_refunds,until}'::text[])::timestamptz
    FROM {runs} AS before
    WHERE before.run_id <> %(run_id)s::uuid
      AND before.ended_at IS NOT NULL
      AND before.told #>> '{layer_refunds,until}'::text[] IS NOT NULL
    ORDER BY before.started_at DESC
    LIMIT 1
), (
    SELECT s.installed_at - interval '1 day'
    FROM {settings} AS s
), '-infinity'::timestamptz)

-- Until when earlier runs have counted the refunds of the app's layers. The first counts from the installation on: what
-- was there before, or was adopted from before, is history and may go back years.
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

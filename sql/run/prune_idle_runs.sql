-- Deletes runs that found nothing, after 30 days, except those that recorded refunds of other layers or accepted items,
-- and the last that recorded what it saw in the app's ledger: nothing else shows what the ledger has lost since.
DELETE FROM {runs}
WHERE started_at < %(as_of)s::timestamptz - interval '30 days'
  AND outcome = 'complete'
  AND sessions = 0
  AND held = 0
  AND told -> 'accepted'::text IS NULL
  AND coalesce((told #>> '{layer_refunds,sessions}'::text[])::bigint, 0::bigint) = 0::bigint
  AND run_id IS DISTINCT FROM (
      SELECT last.run_id
      FROM {runs} AS last
      WHERE last.told -> 'seen'::text IS NOT NULL
      ORDER BY last.started_at DESC
      LIMIT 1
  )

-- Deletes runs that found nothing, after 30 days, except those that recorded refunds of other layers or accepted items.
DELETE FROM {runs}
WHERE started_at < %(as_of)s::timestamptz - interval '30 days'
  AND outcome = 'complete'
  AND sessions = 0
  AND held = 0
  AND told -> 'accepted'::text IS NULL
  AND coalesce((told #>> '{layer_refunds,sessions}'::text[])::bigint, 0::bigint) = 0::bigint

-- Forgets runs that found nothing, after 30 days.
DELETE FROM {runs}
WHERE started_at < %(as_of)s::timestamptz - interval '30 days'
  AND outcome = 'complete'
  AND sessions = 0
  AND held = 0

-- Ends, after a full sweep, the holds about which nobody has to decide any more: the session has a refund, which may have
-- been taken back, or it was gone for a week of full sweeps. A partition that is detached for an hour is no reason. A
-- hold whose attempt could not be read may be about another charge than the refund.
UPDATE {holds} AS h
SET ended_at = %(as_of)s::timestamptz
WHERE h.ended_at IS NULL
  AND h.last_seen < %(as_of)s::timestamptz  -- this sweep has not put it there again
  AND (
      EXISTS (
          SELECT
          FROM {refunds} AS p
          WHERE p.session_id {session_eq} h.session_id AND h.attempt = p.attempt::text
      )
      OR h.last_seen < %(as_of)s::timestamptz - interval '7 days'
      AND NOT EXISTS (
          SELECT
          FROM {sessions} AS s
          WHERE {session_id} {session_eq} h.session_id
      )
  )

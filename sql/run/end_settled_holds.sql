-- Ends, after a full sweep, the holds about which nobody has to decide any more: the session has a refund, which may have
-- been taken back, or it was gone for a week of full sweeps. A partition that is detached for an hour is no reason.
UPDATE {holds} AS h
SET ended_at = %(as_of)s::timestamptz
WHERE h.ended_at IS NULL
  AND (
      EXISTS (
          SELECT
          FROM {refunds} AS p
          WHERE p.session_id {session_eq} h.session_id AND {include ends_with}
      )
      OR h.last_seen < %(as_of)s::timestamptz - interval '7 days'
      AND NOT EXISTS (
          SELECT
          FROM {sessions} AS s
          WHERE {session_id} {session_eq} h.session_id
      )
  )

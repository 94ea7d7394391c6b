-- failed_after_refund: the session failed again, later than its refund, or was started again and is stuck: it may have
-- been charged again, and the guard, which knows one charge of a session, keeps the second from being refunded.
-- To fix: map `sessions.attempt` to what distinguishes the charges of a session; until then check whether
-- these were charged twice. Where the refund is of another account, the id is used again, as after a sequence or a
-- table was reset: that charge is not refunded. A `sessions.failed_at` that any later edit of the row changes is a
-- wrong mapping.
SELECT v.session_id::text AS sample,
       pg_catalog.count(*) OVER () AS found
{include live_reading}
JOIN {refunds} AS r
  ON {include refund_in_period}
WHERE {include audited}
  AND (
      {include is_failed_after_refund}
  )
ORDER BY r.created_at, v.session_id
LIMIT 5

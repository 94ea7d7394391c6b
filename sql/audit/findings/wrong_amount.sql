-- wrong_amount: the refund of a session that is still failed is not what the mapping gives for it now. Adopted
-- refunds are what the app paid; where the mapping gives null, there is nothing to compare with.
-- To fix: when the rule in `sessions.amount` was changed on purpose, audit with `--since` from that day on; else
-- `sweeper revert --session ID` takes the refund back, and `sweeper run --session ID` pays what is due.
SELECT v.session_id::text AS sample,
       pg_catalog.count(*) OVER () AS found
{include live_reading}
JOIN {refunds} AS r
  ON {include refund_in_period}
WHERE {include audited}
  AND {include is_wrong_amount}
  {if may_be_zero}
  -- zero: the refund is one of the rows that `sessions.amount` adds up, or a trigger of the app has subtracted it,
  -- unless most refunds have left the amount as it was
  AND (v.amount::numeric <> 0::numeric OR (
      SELECT pg_catalog.count(*) FILTER (WHERE v.amount::numeric = r.amount)
          > pg_catalog.count(*) FILTER (WHERE v.amount::numeric = 0::numeric)
      {include live_reading}
      JOIN {refunds} AS r
        ON {include refund_in_period}
      WHERE {include audited}
        AND v.status {status_eq} ANY ({failed})
        AND r.layer <> 'adopted'
  ))
  {end}
ORDER BY r.created_at, v.session_id
LIMIT 5

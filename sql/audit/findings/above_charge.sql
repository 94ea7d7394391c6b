-- above_charge: more was refunded for the session than the app's books say was charged: the charge is below zero now,
-- because something else refunded it as well, or it was below the refund when that was written.
-- To fix: `sweeper revert --session ID` takes the refund back; a row that another layer wrote is the app's to correct.
-- When the books were right, `sessions.charged` adds up too much or too little.
SELECT above.session_id AS sample,
       pg_catalog.count(*) OVER () AS found
FROM (
    SELECT r.session_id::text AS session_id
    FROM {refunds} AS r
    WHERE r.charged < r.amount
      AND {include in_period}
      AND {include not_reversed}
      AND (
          %(session_ids)s::text[] IS NULL
          OR r.session_id {session_eq} ANY (%(session_ids)s::text[]::{session_type}[])
      )
    UNION
    SELECT v.session_id::text
    {include live_reading}
    JOIN {refunds} AS r
      ON {include refund_in_period}
    WHERE {include audited}
      AND r.charged IS NOT NULL  -- paid by a mapping that knew the charge
      AND v.charged::{charged_type}::numeric < 0::numeric
) AS above
ORDER BY above.session_id
LIMIT 5

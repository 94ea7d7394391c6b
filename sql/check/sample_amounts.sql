-- What the newest failed sessions that nobody has refunded would be owed, and how many of them nothing.
SELECT pg_catalog.count(*) AS sessions,
       pg_catalog.count(*) FILTER (WHERE found.amount::numeric > 0::numeric) AS owed,
       pg_catalog.count(*) FILTER (WHERE found.amount IS NULL) AS nulls
FROM (
    SELECT v.amount
    {include live_reading}
    WHERE {include is_live}
      AND v.status {status_eq} ANY ({failed})
      AND NOT v.excluded
      AND {include not_paid_yet}
    ORDER BY v.started_at DESC
    LIMIT 1000
) AS found

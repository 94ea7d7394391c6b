-- count failed: how many of these sessions have a failed status, after all triggers of the app. Sent first for a batch
-- that needs nothing else to be read back: it takes half the time.
SELECT pg_catalog.count(*) AS failed
FROM {sessions} AS s
WHERE {include is_in_hand}
  {include sessions_here}
  {include in_bounds}
  AND {status} {status_eq} ANY ({failed})

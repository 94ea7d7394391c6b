-- count failed: how many of these sessions are among the failed, after all that triggers of the app did. A batch whose
-- refunds have nothing else to be read back asks this first: it takes half the time.
SELECT pg_catalog.count(*) AS failed
FROM {sessions} AS s
WHERE {include is_in_hand}
  {if by_account}
  {include sessions_here}
  {end}
  {if in_parts}
  {include in_bounds}
  {end}
  AND {status} {status_eq} ANY ({failed})

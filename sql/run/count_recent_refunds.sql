-- What the other runs refunded in the 24 hours before this one, and since: for the caps. Two ranges of one index,
-- on both sides of this run's own rows, which are as many as it has paid.
SELECT pg_catalog.count(*) AS sessions,
       coalesce(pg_catalog.sum(r.amount), 0)::text AS credits
FROM {refunds} AS r
WHERE r.created_at > %(as_of)s::timestamptz - interval '24 hours'
  AND r.run_id IS NOT NULL
  AND (
      (r.created_at, r.run_id) < (%(as_of)s::timestamptz, %(run_id)s::uuid)
      OR (r.created_at, r.run_id) > (%(as_of)s::timestamptz, %(run_id)s::uuid)
  )

-- Counts what this run has refunded so far, for the caps: at its start and after an error.
SELECT pg_catalog.count(*) AS sessions,
       coalesce(pg_catalog.sum(r.amount), 0)::text AS credits
FROM {refunds} AS r
WHERE r.run_id = %(run_id)s::uuid
  AND r.created_at = %(as_of)s::timestamptz

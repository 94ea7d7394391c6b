-- What this run has refunded so far: for the caps, at its start and after an error.
SELECT count(*) AS sessions,
       coalesce(sum(r.amount), 0)::text AS credits
FROM {refunds} AS r
WHERE r.run_id = %(run_id)s::uuid
  AND r.created_at = %(as_of)s::timestamptz

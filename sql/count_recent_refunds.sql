-- What all runs together refunded in the 24 hours before this one, and what this one did: for the caps.
SELECT count(*) AS all_sessions,
       coalesce(sum(r.amount), 0)::text AS all_credits,
       count(*) FILTER (WHERE r.run_id = %(run_id)s::uuid) AS run_sessions,
       coalesce(sum(r.amount) FILTER (WHERE r.run_id = %(run_id)s::uuid), 0)::text AS run_credits
FROM {refunds} AS r
WHERE r.created_at > %(as_of)s::timestamptz - interval '24 hours'
  AND r.run_id IS NOT NULL

-- What the other runs refunded in the 24 hours before this one, and since: for the caps. Two ranges of one index, on both
-- sides of this run's own rows, which are as many as it has paid: as one condition they would be one range with all rows.
SELECT pg_catalog.count(*) AS sessions,
       coalesce(pg_catalog.sum(r.amount), 0)::text AS credits
FROM (
    SELECT before.amount, before.run_id
    FROM {refunds} AS before
    WHERE before.created_at > %(as_of)s::timestamptz - interval '24 hours'
      AND (before.created_at, before.run_id) < (%(as_of)s::timestamptz, %(run_id)s::uuid)
    UNION ALL
    SELECT after.amount, after.run_id
    FROM {refunds} AS after
    WHERE after.created_at >= %(as_of)s::timestamptz
      AND (after.created_at, after.run_id) > (%(as_of)s::timestamptz, %(run_id)s::uuid)
) AS r
WHERE r.run_id IS NOT NULL

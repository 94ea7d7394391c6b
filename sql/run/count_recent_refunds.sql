-- Counts what other runs refunded in the 24 hours before this one, and since, for the caps. Reads two ranges of one
-- index, on both sides of this run's own rows, of which there are as many as it has paid: a single condition would read
-- all of them.
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
      -- a run whose clock was ahead paid when it began by the server's clock
      AND after.run_id NOT IN (
          SELECT ahead.run_id
          FROM {runs} AS ahead
          WHERE ahead.as_of >= %(as_of)s::timestamptz
            AND ahead.started_at < pg_catalog.statement_timestamp() - interval '24 hours'
      )
) AS r
WHERE r.run_id IS NOT NULL

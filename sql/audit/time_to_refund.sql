-- Measures how long the sessions of a period waited, from their failure or last sign of life to their refund, in
-- seconds. Leaves out those whose time of failure was overwritten by the sweep itself, as where a trigger of the app
-- keeps updated_at.
SELECT waited.shares[1] AS p50,
       waited.shares[2] AS p95,
       waited.longest AS max
FROM (
    SELECT pg_catalog.percentile_disc(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY waits.seconds) AS shares,
           pg_catalog.max(waits.seconds) AS longest
    FROM (
        SELECT greatest(0, extract(epoch FROM r.created_at - r.failed_at)::float8) AS seconds
        FROM {refunds} AS r
        WHERE {include in_period}
          AND r.layer <> 'adopted'
          AND (r.layer <> 'sweeper' OR r.failed_at < r.created_at)
          -- a date may be infinite, and before Postgres 17 subtracting one is an error
          AND CASE WHEN pg_catalog.isfinite(r.failed_at) THEN pg_catalog.isfinite(r.created_at) ELSE false END
        OFFSET 0
    ) AS waits
) AS waited

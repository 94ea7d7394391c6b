-- How long sessions that succeeded really took.
SELECT pg_catalog.count(*) AS sessions,
       pg_catalog.max(found.seconds) AS longest,
       pg_catalog.percentile_cont(0.99) WITHIN GROUP (ORDER BY found.seconds) AS p99
FROM (
    SELECT extract(epoch FROM took.ended_at - took.started_at)::float8 AS seconds
    FROM (
        SELECT ({ended_at})::timestamptz AS ended_at, ({started_at})::timestamptz AS started_at
        FROM {sessions} AS s
        WHERE {status} {status_eq} ANY ({succeeded})
          AND {started_at} >= %(since)s::timestamptz::{started_type}
    ) AS took
    WHERE pg_catalog.isfinite(took.ended_at)
      AND pg_catalog.isfinite(took.started_at)
    LIMIT 200000
) AS found

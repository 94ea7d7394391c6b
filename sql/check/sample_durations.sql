-- Measures how long successful sessions took, and how long before their end they last showed a sign of life.
SELECT pg_catalog.count(*) AS sessions,
       pg_catalog.max(found.seconds) AS longest,
       pg_catalog.percentile_cont(0.99) WITHIN GROUP (ORDER BY found.seconds) AS p99,
       pg_catalog.percentile_cont(0.99) WITHIN GROUP (ORDER BY found.silent) AS silent
FROM (
    SELECT extract(epoch FROM took.ended_at - took.started_at)::float8 AS seconds,
           extract(epoch FROM took.ended_at - coalesce(took.active_at, took.started_at))::float8 AS silent
    FROM (
        SELECT ({ended_at})::timestamptz AS ended_at,
               ({started_at})::timestamptz AS started_at,
               ({beat})::timestamptz AS active_at
        FROM {sessions} AS s
        {if brief}
        {include some_pages}
        {end}
        WHERE {status} {status_eq} ANY ({succeeded})
          AND {started_at} >= %(since)s::timestamptz::{started_type}
    ) AS took
    WHERE pg_catalog.isfinite(took.ended_at)
      AND pg_catalog.isfinite(took.started_at)
    LIMIT 200000
) AS found
WHERE pg_catalog.abs(found.silent) < 'Infinity'::float8

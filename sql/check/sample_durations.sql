-- Measures how long successful sessions took, and how long before their end they last showed a sign of life. Leaves out
-- those that have the same end, as one UPDATE of an operator gives them, unless most have ended together.
SELECT pg_catalog.count(*) AS sessions,
       pg_catalog.max(found.seconds) AS longest,
       pg_catalog.percentile_cont(0.99) WITHIN GROUP (ORDER BY found.seconds) AS p99,
       pg_catalog.percentile_cont(0.99) WITHIN GROUP (ORDER BY found.silent) AS silent
FROM (
    SELECT timed.seconds,
           timed.silent,
           timed.at_once,
           pg_catalog.count(*) FILTER (WHERE timed.at_once) OVER () * 2 > pg_catalog.count(*) OVER () AS is_usual
    FROM (
        SELECT extract(epoch FROM took.ended_at - took.started_at)::float8 AS seconds,
               extract(epoch FROM took.ended_at - coalesce(took.active_at, took.started_at))::float8 AS silent,
               pg_catalog.count(*) OVER (PARTITION BY took.ended_at)
                   >= greatest(3::bigint, pg_catalog.count(*) OVER () / 200) AS at_once
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
            LIMIT 200000
        ) AS took
        WHERE pg_catalog.isfinite(took.ended_at)
          AND pg_catalog.isfinite(took.started_at)
    ) AS timed
    WHERE pg_catalog.abs(timed.silent) < 'Infinity'::float8
) AS found
WHERE found.is_usual OR NOT found.at_once

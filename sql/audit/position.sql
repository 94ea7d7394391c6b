-- position: every failed and stuck session in one place of the books, and how long the oldest has been owed.
SELECT standing.place,
       pg_catalog.count(*) AS sessions,
       pg_catalog.sum(standing.credits)::text AS credits,
       extract(epoch FROM %(as_of)s::timestamptz
           - pg_catalog.min(standing.failed_at) FILTER (WHERE pg_catalog.isfinite(standing.failed_at)))::float8 AS oldest_seconds
{include standing}
GROUP BY standing.place

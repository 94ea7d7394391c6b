-- position: every failed and stuck session in one place of the books, and how long the oldest has been owed.
SELECT standing.place,
       count(*) AS sessions,
       sum(standing.credits)::text AS credits,
       extract(epoch FROM %(as_of)s::timestamptz
           - min(standing.failed_at) FILTER (WHERE isfinite(standing.failed_at)))::float8 AS oldest_seconds
{include standing}
GROUP BY standing.place

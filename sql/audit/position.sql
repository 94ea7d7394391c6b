-- position: every failed and stuck session that is not in sweeper's ledger in one place of the books, and how long the
-- oldest has been owed; `screen` counts those that are there. What lies
-- before the floor is counted by the month in which it failed or last showed a sign of life, in UTC, and by the reason:
-- nobody gives that back. And how many sessions there are for the findings to name, so that they look no further in vain.
SELECT standing.place,
       standing.month,
       standing.reason,
       pg_catalog.count(*) AS sessions,
       pg_catalog.sum(standing.credits)::text AS credits,
       extract(epoch FROM %(as_of)s::timestamptz
           - pg_catalog.min(standing.failed_at) FILTER (WHERE pg_catalog.isfinite(standing.failed_at)))::float8 AS oldest_seconds,
       pg_catalog.count(*) FILTER (WHERE standing.overdue) AS overdue,
       pg_catalog.count(*) FILTER (WHERE standing.why = 'no_account') AS without_account
FROM (
    SELECT standing.*
    {include standing}
    {if by_account}
    {else}
    OFFSET 0  -- or each use would compute the place again, and all rows would be sorted by it
    {end}
) AS standing
GROUP BY standing.place, standing.month, standing.reason
ORDER BY standing.month, standing.reason

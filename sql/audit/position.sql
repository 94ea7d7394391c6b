-- position: every failed and stuck session that is not in sweeper's ledger, by what would happen to it, and how long
-- the oldest has been owed; `screen` counts the sessions that are in the ledger. Sessions before the floor are never
-- refunded; they are counted by reason and by the UTC month in which they failed or last showed a sign of life. Also
-- counts the candidates of each finding, so that a finding without any is not searched for.
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
    OFFSET 0  -- else each use would compute the place again, and all rows would be sorted by it
    {end}
) AS standing
GROUP BY standing.place, standing.month, standing.reason
ORDER BY standing.month, standing.reason

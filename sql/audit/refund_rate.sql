-- rate: what sweeper itself refunded in the last day of a period and in up to 28 days before it, by reason. The days
-- before count from the first row of the ledger, or from the installation.
SELECT swept.reason,
       swept.last_day,
       swept.sessions - swept.last_day AS earlier,
       history.days
FROM (
    SELECT least(28, extract(epoch FROM %(until)s::timestamptz - interval '1 day' - least(
               (SELECT pg_catalog.min(r.created_at) FROM {refunds} AS r WHERE r.created_at > '-infinity'),
               (SELECT s.installed_at FROM {settings} AS s)
           )) / 86400::numeric)::float8 AS days
) AS history
LEFT JOIN (
    SELECT r.reason,
           pg_catalog.count(*) AS sessions,
           pg_catalog.count(*) FILTER (WHERE r.created_at >= %(until)s::timestamptz - interval '1 day') AS last_day
    FROM {refunds} AS r
    WHERE r.created_at >= %(until)s::timestamptz - interval '29 days'
      AND r.created_at < %(until)s::timestamptz
      AND r.layer = 'sweeper'
    GROUP BY r.reason
) AS swept ON true
ORDER BY swept.last_day DESC, swept.reason

-- What ended runs had counted of the layers' refunds, and what is still there. More than was counted is fine: a
-- transaction may have committed late.
{if by_account}
-- with Citus, runs are on this server alone and refunds on several: each table is read by itself, then they are joined
SELECT counted.run_id,
       counted.until,
       counted.sessions,
       counted.credits,
       coalesce(pg_catalog.sum(written.sessions), 0::numeric) AS written_sessions,
       coalesce(pg_catalog.sum(written.credits), 0::numeric) AS written_credits
FROM (
    SELECT run.run_id,
           (run.told #>> '{layer_refunds,from}'::text[])::timestamptz AS since,
           (run.told #>> '{layer_refunds,until}'::text[])::timestamptz AS until,
           (run.told #>> '{layer_refunds,sessions}'::text[])::bigint AS sessions,
           (run.told #>> '{layer_refunds,credits}'::text[])::numeric AS credits
    FROM {runs} AS run
    WHERE run.ended_at IS NOT NULL
    OFFSET 0
) AS counted
LEFT JOIN (
    SELECT r.created_at,
           pg_catalog.count(*) AS sessions,
           pg_catalog.sum(r.amount) AS credits
    FROM {refunds} AS r
    WHERE r.run_id IS NULL
    GROUP BY r.created_at
    OFFSET 0
) AS written ON written.created_at >= counted.since AND written.created_at < counted.until
WHERE counted.sessions > 0::bigint
GROUP BY counted.run_id, counted.until, counted.sessions, counted.credits
HAVING coalesce(pg_catalog.sum(written.sessions), 0::numeric) < counted.sessions
    OR coalesce(pg_catalog.sum(written.credits), 0::numeric) < counted.credits
{else}
SELECT run.run_id,
       run.started_at,
       counted.until,
       counted.sessions,
       counted.credits,
       written.sessions AS written_sessions,
       written.credits AS written_credits
FROM {runs} AS run
CROSS JOIN LATERAL (
    SELECT (run.told #>> '{layer_refunds,from}'::text[])::timestamptz AS since,
           (run.told #>> '{layer_refunds,until}'::text[])::timestamptz AS until,
           (run.told #>> '{layer_refunds,sessions}'::text[])::bigint AS sessions,
           (run.told #>> '{layer_refunds,credits}'::text[])::numeric AS credits
    OFFSET 0
) AS counted
CROSS JOIN LATERAL (
    SELECT pg_catalog.count(*) AS sessions,
           coalesce(pg_catalog.sum(r.amount), 0::numeric) AS credits
    FROM {refunds} AS r
    WHERE r.run_id IS NULL AND r.created_at >= counted.since AND r.created_at < counted.until
    OFFSET 0
) AS written
WHERE run.ended_at IS NOT NULL
  AND counted.sessions > 0::bigint
  AND (written.sessions < counted.sessions OR written.credits < counted.credits)
{end}

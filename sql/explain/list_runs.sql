-- Lists runs, the newest first: the settings, what the run did and how it ended. For one without an end the ledger
-- shows what it did; it has died if no run is connected to this database any more.
SELECT run.run_id::text AS run_id,
       run.version,
       run.host,
       run.db_role,
       (run.told - 'seen'::text)::text AS told,
       run.as_of,
       run.started_at,
       run.ended_at,
       run.outcome,
       run.ended_at IS NULL AND NOT EXISTS (
           SELECT
           FROM pg_catalog.pg_stat_activity AS a
           WHERE a.datname = pg_catalog.current_database() AND a.application_name = 'sweeper run'
       ) AS died,
       coalesce(run.sessions, ledger.sessions, 0) AS sessions,
       coalesce(run.credits, ledger.credits, 0)::text AS credits,
       run.already_refunded,
       run.skipped,
       run.held,
       run.remaining,
       run.batches,
       coalesce(reversed.sessions, 0) AS reversed_sessions,
       coalesce(reversed.credits, 0)::text AS reversed_credits
FROM {if by_account}(SELECT run.* FROM {runs} AS run OFFSET 0){else}{runs}{end} AS run
LEFT JOIN (
    SELECT refund.run_id,
           pg_catalog.count(*) AS sessions,
           pg_catalog.sum(refund.amount) AS credits
    FROM {refunds} AS refund
    WHERE {include of_open_runs}
    GROUP BY refund.run_id
    OFFSET 0
) AS ledger ON ledger.run_id = run.run_id
LEFT JOIN (
    SELECT r.run_id,
           pg_catalog.count(*) AS sessions,
           pg_catalog.sum(x.amount) AS credits
    FROM {reversals} AS x
    JOIN {refunds} AS r ON r.refund_id = x.refund_id{if by_account} AND r.account_id {account_eq} x.account_id{end}
    GROUP BY r.run_id
) AS reversed ON reversed.run_id = run.run_id
WHERE %(run_id)s::text IS NULL OR run.run_id = %(run_id)s::text::uuid
ORDER BY run.started_at DESC, run.run_id DESC
LIMIT %(page_size)s::bigint

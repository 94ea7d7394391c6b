-- Writes down how a run ended, after its last batch. A run that died stays open; the ledger knows what it did. What the
-- app's layers have refunded has no run of its own: it is counted here, from where the run before ended its count until a
-- minute before this one began, so that transactions that were open then have committed.
UPDATE {runs} AS run
SET ended_at = pg_catalog.statement_timestamp(),
    outcome = %(outcome)s,
    sessions = %(sessions)s,
    credits = %(credits)s::text::numeric,
    already_refunded = %(already_refunded)s,
    skipped = %(skipped)s,
    held = %(held)s,
    remaining = %(remaining)s,
    batches = %(batches)s,
    told = run.told || layers.counted
FROM (
    SELECT pg_catalog.jsonb_build_object('layer_refunds', pg_catalog.jsonb_build_object(
               'from', span.since,
               'until', span.until,
               'sessions', pg_catalog.count(r.refund_id),
               'credits', coalesce(pg_catalog.sum(r.amount), 0::numeric)::text
           )) AS counted
    FROM (
        SELECT coalesce((
                   SELECT (before.told #>> '{layer_refunds,until}'::text[])::timestamptz
                   FROM {runs} AS before
                   WHERE before.run_id <> %(run_id)s::uuid
                     AND before.ended_at IS NOT NULL
                     AND before.told #>> '{layer_refunds,until}'::text[] IS NOT NULL
                   ORDER BY before.started_at DESC
                   LIMIT 1
               ), '-infinity'::timestamptz) AS since,
               %(as_of)s::timestamptz - interval '1 minute' AS until
    ) AS span
    LEFT JOIN {refunds} AS r
      ON r.run_id IS NULL AND r.created_at >= span.since AND r.created_at < span.until
    GROUP BY span.since, span.until
) AS layers
WHERE run.run_id = %(run_id)s::uuid

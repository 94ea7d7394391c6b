-- Records how a run ended, after its last batch. A run that died stays open; the ledger shows what it did. What the
-- app's layers refund has no run of its own and is counted here: from where the previous run stopped counting until a
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
               'until', %(as_of)s::timestamptz - interval '1 minute',
               'sessions', written.sessions,
               'credits', written.credits
           )) AS counted
    FROM (
        SELECT pg_catalog.count(*) AS sessions,
               coalesce(pg_catalog.sum(r.amount), 0::numeric)::text AS credits
        FROM {refunds} AS r
        WHERE r.run_id IS NULL
          AND r.created_at >= (
              SELECT {include counted_before}
          )
          AND r.created_at < %(as_of)s::timestamptz - interval '1 minute'
        OFFSET 0
    ) AS written
    CROSS JOIN (
        SELECT {include counted_before} AS since
        OFFSET 0
    ) AS span
    OFFSET 0  -- Citus does not allow such a function over columns in a statement that writes
) AS layers
WHERE run.run_id = %(run_id)s::uuid

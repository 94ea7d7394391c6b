-- Writes down how a run ended, after its last batch. A run that died stays open; the ledger knows what it did.
UPDATE {runs}
SET ended_at = pg_catalog.clock_timestamp(),
    outcome = %(outcome)s,
    sessions = %(sessions)s,
    credits = %(credits)s::text::numeric,
    already_refunded = %(already_refunded)s,
    skipped = %(skipped)s,
    held = %(held)s,
    remaining = %(remaining)s,
    batches = %(batches)s
WHERE run_id = %(run_id)s

-- Finds until when sweeper's ledger, or the app's, has lost rows, as a run does. What was owed only after the last run
-- cannot have been refunded by then, and need not be looked for, nor what is not paid anyway: it is excluded, or has its
-- refund. Then no `exclude` is computed, because it may fail.
SELECT CASE WHEN NOT v.excluded THEN {include owed_from} END
INTO sweeper_owed_from
{include reading_in_hand}
WHERE {session_id} {session_eq} sweeper_session_id
  {include not_in_own_ledger}
LIMIT 1;
IF sweeper_owed_from <= (
    SELECT run.as_of
    FROM {runs} AS run
    ORDER BY run.started_at DESC
    LIMIT 1
) THEN
{if ledger}
    -- also some refunds from before it was owed: of the few since then, most may have lost their rows by chance
    sweeper_newest_since := least(sweeper_owed_from, coalesce((
        SELECT r.created_at
        FROM {refunds} AS r
        ORDER BY r.created_at DESC
        OFFSET 199
        LIMIT 1
    ), '-infinity'));
{end}
    sweeper_missing := greatest(sweeper_missing, {include own_gone}{if ledger}, {include ledger_gone}{if notes_seen}, {include seen_gone}{end}{end});
END IF;

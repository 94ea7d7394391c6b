-- The state of each failed and stuck session that is not in sweeper's own ledger: what a run would do with it now.
-- Those in the ledger are left out in one scan, not by an index probe for each. A row that the database refused before
-- is not computed again: its expression would fail here, too.
{if by_account}
{include standing_on_nodes}
{else}
FROM (
    SELECT v.session_id::text AS session_id,
           -- not needed for a refunded session, and it may fail
           CASE WHEN judged.verdict <> 'refunded' THEN {include owed_from} END AS failed_at,
           CASE WHEN judged.verdict = 'refunded' THEN false
                WHEN v.status {status_eq} ANY ({running})
                    THEN v.active_at
                        < (%(stuck_overdue)s::timestamptz[])[pg_catalog.array_position({running}, v.status)]
                ELSE v.failed_at < %(failed_overdue)s::timestamptz
           END AS overdue,
           CASE WHEN judged.verdict = 'held' AND hold.sqlstate IS NOT NULL THEN 0
                ELSE {include counted_credits}
           END AS credits,
           CASE WHEN judged.verdict <> 'owed' THEN judged.verdict
                WHEN lost.is_lost THEN 'before_floor'
                WHEN due.hold_reason IS NOT NULL THEN 'held'
                ELSE 'owed'
           END AS place,
           coalesce(hold.why, due.hold_reason) AS why,
           CASE WHEN lost.is_lost THEN {include month_of_failure} END AS month,
           CASE WHEN lost.is_lost THEN {include reason} END AS reason
    {include live_reading}
    CROSS JOIN LATERAL (
        SELECT CASE
                   {include verdict_of_others}
               END AS verdict
        OFFSET 0  -- else each use of the verdict would compute it again
    ) AS judged
    LEFT JOIN LATERAL (
        SELECT h.why, h.sqlstate
        FROM {holds} AS h
        WHERE judged.verdict = 'held'
          AND h.session_id {session_eq} v.session_id AND {include same_attempt} AND h.ended_at IS NULL
        OFFSET 0
    ) AS hold ON true
    CROSS JOIN LATERAL (
        SELECT CASE WHEN judged.verdict = 'owed' THEN {include would_hold} END AS hold_reason
        OFFSET 0
    ) AS due
    CROSS JOIN LATERAL (
        SELECT judged.verdict = 'owed' AND v.started_at::timestamptz < %(floor)s::timestamptz AS is_lost
    ) AS lost
    WHERE {include audited}
      {include not_in_own_ledger}
      {if compared_as_text}
      -- of these the planner knows how many there are, of those that the index is about it does not
      AND v.status {status_eq} ANY ({live})
      {end}
) AS standing
WHERE standing.place <> 'not_stuck_yet'
{end}

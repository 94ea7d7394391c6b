-- The state of each failed and stuck session that is not in sweeper's own ledger: what a run would do with it now.
-- Those in the ledger are left out in one scan, not by an index probe for each. A row that the database refused before
-- is not computed again: its expression would fail here, too.
FROM (
    SELECT judged.session_id::text AS session_id,
           CASE WHEN judged.verdict <> 'refunded' THEN judged.owed_from END AS failed_at,
           CASE WHEN judged.verdict = 'refunded' THEN false
                WHEN judged.running
                    THEN judged.owed_from
                        < (%(stuck_overdue)s::timestamptz[])[pg_catalog.array_position({running}, judged.status)]
                ELSE judged.owed_from < %(failed_overdue)s::timestamptz
           END AS overdue,
           CASE WHEN judged.verdict = 'held' AND judged.refused THEN 0 ELSE judged.credits END AS credits,
           CASE WHEN judged.verdict <> 'owed' THEN judged.verdict
                WHEN judged.is_early THEN 'before_floor'
                WHEN judged.would_hold IS NOT NULL THEN 'held'
                ELSE 'owed'
           END AS place,
           coalesce(judged.held_for, judged.would_hold) AS why,
           CASE WHEN judged.verdict = 'owed' AND judged.is_early THEN judged.month END AS month,
           CASE WHEN judged.verdict = 'owed' AND judged.is_early THEN judged.reason END AS reason
    FROM (
        SELECT v.session_id,
               v.status,
               v.verdict,
               v.status {status_eq} ANY ({running}) AS running,
               -- not needed for a refunded session, and it may fail
               CASE WHEN v.verdict <> 'refunded' THEN {include owed_from} END AS owed_from,
               CASE WHEN v.verdict <> 'held' OR hold.sqlstate IS NULL THEN {include counted_credits} END AS credits,
               hold.sqlstate IS NOT NULL AS refused,
               hold.why AS held_for,
               CASE WHEN v.verdict = 'owed' THEN v.started_at::timestamptz < %(floor)s::timestamptz END AS is_early,
               CASE WHEN v.verdict = 'owed' THEN {include would_hold} END AS would_hold,
               CASE WHEN v.verdict = 'owed' THEN {include month_of_failure} END AS month,
               CASE WHEN v.verdict = 'owed' THEN {include reason} END AS reason
        FROM (
            SELECT v.*,
                   {if by_account}CASE
                       {include verdict_of_others}
                   END{else}judged.verdict{end} AS verdict
            {include live_reading}
            {if by_account}
            {else}
            CROSS JOIN LATERAL (
                SELECT CASE
                           {include verdict_of_others}
                       END AS verdict
                OFFSET 0  -- else each use of the verdict would compute it again
            ) AS judged
            {end}
            WHERE {include audited}
              {include not_in_own_ledger}
              {if compared_as_text}
              -- of these the planner knows how many there are, of those that the index is about it does not
              AND v.status {status_eq} ANY ({live})
              {end}
        ) AS v
        {if by_account}
        LEFT JOIN {holds} AS hold
          ON v.verdict = 'held'
         AND hold.account_id {account_eq} v.account_id
         AND hold.session_id {session_eq} v.session_id
         AND hold.attempt IS NOT DISTINCT FROM (v.attempt)::text
         AND hold.ended_at IS NULL
        {else}
        LEFT JOIN LATERAL (
            SELECT h.why, h.sqlstate
            FROM {holds} AS h
            WHERE v.verdict = 'held'
              AND h.session_id {session_eq} v.session_id AND {include same_attempt} AND h.ended_at IS NULL
            OFFSET 0  -- else, as long as nothing has counted the holds, all of them would be read for each session
        ) AS hold ON true
        OFFSET 0  -- else what is asked of a session twice would be computed twice
        {end}
    ) AS judged
) AS standing
WHERE standing.place <> 'not_stuck_yet'

-- find in history: the same for a full sweep, which reads years of sessions that were refunded long ago. All of them are
-- held against the ledger at once, in whatever way the planner finds cheapest; one index probe for each would take
-- several times as long. In the same reading: when the earliest session started that may be owed later.
WITH sweeper_unsettled AS MATERIALIZED (
    SELECT v.session_id,
           v.started_at,
           CASE CASE {include verdict_of_unpaid}
               WHEN 'owed' THEN CASE WHEN {include fits_budget} THEN 'owed' END
               WHEN 'in_grace' THEN 'unripe'
               WHEN 'not_stuck_yet' THEN 'unripe'
           END AS standing
    {include reading}
    WHERE {include in_scope}
      AND NOT EXISTS (
          SELECT
          FROM {refunds} AS r
          WHERE r.session_id = v.session_id AND r.attempt = v.attempt
      )
      {include not_in_app_ledger}
),
sweeper_page AS MATERIALIZED (
    SELECT u.session_id,
           u.started_at
    FROM sweeper_unsettled AS u
    WHERE u.standing = 'owed'
    ORDER BY u.started_at, u.session_id
    LIMIT %(page_size)s::bigint
)
SELECT {include packed},
       (
           SELECT min(least(u.started_at::timestamptz, %(as_of)s::timestamptz))
           FROM sweeper_unsettled AS u
           WHERE u.standing = 'unripe'
       ) AS unripe_from

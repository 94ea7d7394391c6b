-- find: the next page of owed sessions after a cursor, and which of their rows are locked now: those that somebody
-- else has locked are passed over. Not FOR UPDATE: that would block, and be skipped for, the app's inserts of child
-- rows. An array whose length the planner does not know: it looks each id up, and never reads the whole table.
WITH sweeper_page AS MATERIALIZED (
    SELECT v.session_id,
           v.account_id,
           v.started_at,
           v.amount,
           CASE WHEN %(budget)s::numeric IS NOT NULL THEN {include hold_reason} END AS hold_reason
    {include reading}
    WHERE {include in_scope}
      AND CASE WHEN {include in_scope}
          THEN CASE {include verdict} WHEN 'owed' THEN {include fits_budget} ELSE false END
      END
    ORDER BY v.started_at, v.session_id
    LIMIT %(page_size)s::bigint
),
sweeper_locked AS (
    SELECT {session_id} AS session_id
    FROM {sessions} AS s
    WHERE {session_id} = ANY (ARRAY(SELECT p.session_id FROM sweeper_page AS p))
    FOR NO KEY UPDATE OF s SKIP LOCKED
)
SELECT coalesce(array_agg(p.session_id::text), '{}') AS session_ids,
       coalesce(array_agg(p.account_id::text), '{}') AS account_ids,
       coalesce(array_agg(p.started_at::text), '{}') AS started_ats,
       coalesce(array_agg(p.amount::text), '{}') AS amounts,
       coalesce(array_agg(p.hold_reason), '{}') AS hold_reasons,
       (
           SELECT coalesce(array_agg(l.session_id::text), '{}')
           FROM sweeper_locked AS l
       ) AS locked_ids
FROM sweeper_page AS p

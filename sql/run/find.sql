-- find: the next owed sessions after a cursor, in order. Reads one snapshot and locks nothing: each session is read
-- again when it is locked.
WITH sweeper_page AS MATERIALIZED (
    SELECT v.session_id,{if by_account}
           v.account_id,{end}
           v.started_at
    {include live_reading}
    WHERE {include is_live}
      AND {include near_reach}
      AND CASE WHEN {include in_scope}
          THEN CASE {include verdict} WHEN 'owed' THEN {include fits_budget} ELSE false END
      END
    ORDER BY v.started_at, v.session_id
    LIMIT %(page_size)s::bigint
)
SELECT {include page}

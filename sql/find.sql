-- find: the next page of owed sessions after a cursor. Their rows are locked; rows that the app has locked are
-- passed over. Not FOR UPDATE: that would block, and be skipped for, the app's inserts of child rows.
SELECT v.session_id::text AS session_id,
       v.account_id::text AS account_id,
       v.started_at::text AS started_at,
       v.amount::text AS amount,
       CASE WHEN %(budget)s::numeric IS NOT NULL THEN {include hold_reason} END AS hold_reason
{include reading}
WHERE {include in_scope}
  AND CASE WHEN {include in_scope}
      THEN CASE {include verdict} WHEN 'owed' THEN {include fits_budget} ELSE false END
  END
ORDER BY v.started_at, v.session_id
LIMIT %(page_size)s::bigint
FOR NO KEY UPDATE OF s SKIP LOCKED

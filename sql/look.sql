-- look: a page of what a run would find, for a dry run. Locks nothing and writes nothing.
SELECT v.session_id::text AS session_id,
       v.account_id::text AS account_id,
       v.started_at::text AS started_at,
       v.amount::text AS amount,
       {reason} AS reason,
       extract(epoch FROM %(as_of)s::timestamptz - CASE WHEN v.status IN ({running}) THEN v.active_at ELSE v.failed_at END
       )::float8 AS age_seconds,
       {include hold_reason} AS hold_reason
{include reading}
WHERE {include in_scope}
  AND CASE WHEN {include in_scope} THEN {include verdict} = 'owed' END
ORDER BY v.started_at, v.session_id
LIMIT %(page_size)s::bigint

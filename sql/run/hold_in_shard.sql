-- hold in shard: puts on hold, in a batch of one Citus shard, the sessions that must not be refunded.
INSERT INTO {holds} AS h (hold_key, session_id, attempt, account_id, why, first_seen, last_seen, run_id)
SELECT {include hold_key}, v.session_id, v.attempt, {account}, v.why, %(as_of)s::timestamptz, %(as_of)s::timestamptz, %(run_id)s::uuid
FROM ROWS FROM (
    pg_catalog.unnest(%(session_ids)s::text[]::{session_type}[]),
    pg_catalog.unnest(%(account_ids)s::text[]::{account_type}[]),
    pg_catalog.unnest(%(attempts)s::text[]),
    pg_catalog.unnest(%(reasons)s::text[])
) AS v (session_id, account_id, attempt, why)
JOIN {sessions} AS s
  ON {session_id} {session_eq} v.session_id
 AND {account} {account_eq} v.account_id
 {include sessions_here}
{include on_hold_again}
RETURNING h.session_id::text AS session_id, h.why, h.run_id = %(run_id)s::uuid AS new

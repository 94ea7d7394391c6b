-- insert in shard: the second of the three steps of `pay` in a batch of one Citus shard: writes the refunds that the
-- first has returned, on the conflict target of the guard. Joined with their sessions, so that Citus sends it to the
-- one node.
INSERT INTO {refunds} AS r (
    refund_id, session_id, account_id, attempt, again, amount, reason, detail, layer, run_id, created_at, failed_at{if charged},
    charged{end}{if shares},
    shares{end}
)
SELECT p.refund_id, p.session_id, {account}, p.attempt, p.again, p.amount, p.reason, p.detail, %(layer)s::text, %(run_id)s::uuid,
       %(as_of)s::timestamptz, p.failed_at{if charged},
       p.charged{end}{if shares},
       p.shares{end}
FROM ROWS FROM (
    pg_catalog.unnest(%(refund_ids)s::text::uuid[]),
    pg_catalog.unnest(%(session_ids)s::text[]::{session_type}[]),
    pg_catalog.unnest(%(account_ids)s::text[]::{account_type}[]),
    pg_catalog.unnest(%(attempts)s::text[]::{attempt_type}[]),
    pg_catalog.unnest(%(agains)s::int[]),
    pg_catalog.unnest(%(amounts)s::text[]::numeric[]),
    pg_catalog.unnest(%(reasons)s::text[]),
    pg_catalog.unnest(%(details)s::text[]),
    pg_catalog.unnest(%(failed_ats)s::timestamptz[]){if charged},
    pg_catalog.unnest(%(charges)s::text[]::numeric[]){end}{if shares},
    pg_catalog.unnest(%(shares)s::text[]::jsonb[]){end}
) AS p (refund_id, session_id, account_id, attempt, again, amount, reason, detail, failed_at{if charged}, charged{end}{if shares}, shares{end})
JOIN {sessions} AS s
  ON {session_id} {session_eq} p.session_id
 AND {account} {account_eq} p.account_id
 {include sessions_here}
ON CONFLICT (session_id, attempt, again, account_id) DO NOTHING
RETURNING r.refund_id::text AS refund_id,
          r.session_id::text AS session_id,
          r.account_id::text AS account_id,
          r.attempt::text AS attempt,
          r.again,
          r.amount::text AS amount,
          r.reason,{if shares}
          r.shares::text AS shares,{end}
          r.created_at = %(as_of)s::timestamptz AND r.layer = %(layer)s::text AND r.run_id = %(run_id)s::uuid AS as_intended

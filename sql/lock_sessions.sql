-- lock sessions: which of these are locked now; those that somebody else has locked are passed over. Not FOR UPDATE:
-- that would block, and be skipped for, the app's inserts of child rows. Those that another sweep was first with are
-- only counted. An array whose length the planner does not know: it looks each id up, and never reads the whole table.
SELECT coalesce(array_agg(l.session_id::text), '{}') AS session_ids,
       coalesce(array_agg(l.session_id::text) FILTER (WHERE NOT l.refunded), '{}') AS unpaid_ids,
       coalesce(array_agg(l.account_id::text) FILTER (WHERE NOT l.refunded), '{}') AS account_ids,
       coalesce(array_agg(l.amount) FILTER (WHERE NOT l.refunded), '{}') AS amounts,
       coalesce(array_agg(l.hold_reason) FILTER (WHERE NOT l.refunded), '{}') AS hold_reasons
FROM (
    SELECT v.session_id,
           v.account_id,
           CASE WHEN %(budget)s::numeric IS NOT NULL THEN v.amount::text END AS amount,
           CASE WHEN %(budget)s::numeric IS NOT NULL THEN {include hold_reason} END AS hold_reason,
           coalesce(
               (
                   SELECT true
                   FROM {refunds} AS r
                   WHERE r.session_id = v.session_id AND r.attempt = v.attempt
                   LIMIT 1
               ),
               false
           ) AS refunded
    {include reading}
    WHERE {session_id} = ANY (ARRAY(SELECT unnest(%(in_hand)s::text[]::{session_type}[])))
    FOR NO KEY UPDATE OF s SKIP LOCKED
) AS l

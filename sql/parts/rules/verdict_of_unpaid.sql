-- The remaining rules for a session that is in no ledger: the last branches of a CASE.
WHEN NOT %(look_again)s::boolean AND (
    SELECT true
    FROM {holds} AS h
    WHERE h.session_id {session_eq} v.session_id AND {include same_attempt} AND h.ended_at IS NULL
    LIMIT 1
) THEN 'held'
WHEN {include in_grace} THEN 'in_grace'
WHEN {include not_stuck_yet} THEN 'not_stuck_yet'
WHEN v.excluded THEN 'excluded'
WHEN coalesce(v.amount::numeric, 0::numeric) = 0::numeric THEN 'uncharged'
{if charged}
-- where the books start later than the session, it is not known whether it was charged: it is put on hold
WHEN (v.charged::numeric > 0::numeric) IS NOT TRUE AND ({include charge_unknown}) IS NOT TRUE THEN 'uncharged'
{end}
ELSE 'owed'

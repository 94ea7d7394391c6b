-- Counts which of the sessions that a batch would have refunded, and did not, are in no ledger: on a snapshot of its own,
-- which sees the refund of another layer that came first. What is left was dropped, by a trigger or a rule.
SELECT count(*) AS sessions
{include reading}
WHERE {session_id} = ANY (ARRAY(SELECT unnest(%(in_hand)s::text[]::{session_type}[])))
  AND {include verdict} <> 'refunded'

-- Lists which of some sessions are refunded by now, by another sweep or another layer. Of the sessions that a batch did
-- not refund as planned, a trigger or a rule dropped the others.
SELECT coalesce(pg_catalog.array_agg(v.session_id::text), '{}') AS session_ids
{include reading_in_hand}
WHERE {include is_in_hand}
  {include sessions_here}
  AND {include verdict} = 'refunded'

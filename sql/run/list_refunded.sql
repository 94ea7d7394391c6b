-- Lists which of some sessions are refunded by now: by another sweep, or by another layer. Of those that a batch would
-- have refunded, and did not, the others were dropped: by a trigger or a rule.
SELECT coalesce(pg_catalog.array_agg(v.session_id::text), '{}') AS session_ids
{include reading_in_hand}
WHERE {include is_in_hand}
  {if by_account}
  {include sessions_here}
  {end}
  AND {include verdict} = 'refunded'

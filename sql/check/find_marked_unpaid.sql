-- Finds which of some sessions would be paid although one of their columns says that they were refunded.
SELECT v.session_id::text AS session_id
{if by_account}
FROM (
    {include mapped}
    FROM {sessions} AS s
    WHERE {include chosen}
      AND {include is_marked}
) AS v
WHERE NOT v.excluded
{else}
{include mapped_sessions}
WHERE {include chosen}
  AND {include is_marked}
  AND NOT v.excluded
{end}
  AND {include is_charged}
  AND {include not_paid_yet}

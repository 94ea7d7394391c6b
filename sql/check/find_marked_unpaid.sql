-- Which of some sessions would be paid though a column of theirs says that they were refunded.
SELECT v.session_id::text AS session_id
FROM {sessions} AS s
CROSS JOIN LATERAL (
    {include mapped}
) AS v
WHERE {include chosen}
  AND {if flag}s.{column} IS TRUE{else}s.{column} IS NOT NULL{end}
  AND NOT v.excluded
  AND v.amount::numeric > 0::numeric
  AND {include not_paid_yet}
ORDER BY 1

-- Which of some sessions have a column set that says that they were refunded.
SELECT {session_id}::text AS session_id
FROM {sessions} AS s
WHERE {include chosen}
  AND {if flag}s.{column} IS TRUE{else}s.{column} IS NOT NULL{end}
ORDER BY 1

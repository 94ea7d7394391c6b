-- Which of some sessions have a column set that says that they were refunded, or what each took of a pool.
SELECT {session_id}::text AS session_id
FROM {sessions} AS s
WHERE {include chosen}
  AND {if flag}s.{column} IS TRUE{else}{if number}s.{column} > 0{else}s.{column} IS NOT NULL{end}{end}
ORDER BY 1

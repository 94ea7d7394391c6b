-- What some sessions have in a column that names the row they are part of.
SELECT {session_id}::text AS session_id,
       s.{column}::text AS parent
FROM {sessions} AS s
WHERE {include chosen}
  AND s.{column} IS NOT NULL
ORDER BY 1

-- Lists what some sessions have in a column, as text.
SELECT {session_id}::text AS session_id,
       s.{column}::text AS value
FROM {sessions} AS s
WHERE {include chosen}
  AND s.{column} IS NOT NULL

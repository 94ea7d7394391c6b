-- Which of some sessions have a column set that says that they were refunded, or what each took of a pool.
SELECT {session_id}::text AS session_id
FROM {sessions} AS s
WHERE {include chosen}
  AND {include is_marked}
ORDER BY 1

-- Lists what an expression gives for failed sessions, newest first, as examples for the user.
SELECT s.{key}::text AS session_id,
       ({expression})::text AS value
FROM {table} AS s
WHERE {condition}
ORDER BY s.{key} DESC
LIMIT 200

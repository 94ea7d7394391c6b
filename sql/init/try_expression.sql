-- What an expression gives on failed sessions, newest first: examples for a decision.
SELECT {key}::text AS session_id,
       ({expression})::text AS value
FROM {table} AS s
WHERE {condition}
ORDER BY {key} DESC
LIMIT 200

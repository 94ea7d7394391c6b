-- What an expression gives on failed sessions, newest first: an example to decide by.
SELECT {key}::text AS session_id,
       ({expression})::text AS value
FROM {table} AS s
WHERE {condition}
ORDER BY {key} DESC
LIMIT 200

-- Lists some sessions whose status is in none of the lists: the first that the server finds.
SELECT {session_id}::text AS session_id
FROM {sessions} AS s
WHERE ({status} {status_eq} ANY ({failed})) IS NOT TRUE
  AND ({status} {status_eq} ANY ({running})) IS NOT TRUE
  AND ({status} {status_eq} ANY ({succeeded})) IS NOT TRUE
LIMIT 200

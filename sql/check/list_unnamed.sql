-- Lists some sessions whose status is in none of the lists, of a large table from a sample: often there are none.
SELECT {session_id}::text AS session_id
FROM {sessions} AS s{if sampled}
{include some_pages}{end}
WHERE ({status} {status_eq} ANY ({failed})) IS NOT TRUE
  AND ({status} {status_eq} ANY ({running})) IS NOT TRUE
  AND ({status} {status_eq} ANY ({succeeded})) IS NOT TRUE
LIMIT 200

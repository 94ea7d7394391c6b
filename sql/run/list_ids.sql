-- Lists the ids of the next failed or running sessions, owed or not, when a page fails because the start of one cannot be
-- read. Reads only the key.
SELECT v.session_id::text AS session_id,
       NULL::text AS started_at
{include live_reading}
WHERE {include is_live}
  AND (
      {include asked_for}
  )
  AND ({include after_id})
ORDER BY v.session_id
LIMIT %(page_size)s::bigint

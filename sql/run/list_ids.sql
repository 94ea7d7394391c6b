-- Lists the ids of the next failed or running sessions, owed or not, when a page fails because the start of one cannot be
-- read. Reads only the key.
SELECT v.session_id::text AS session_id,
       NULL::text AS started_at
{include live_reading}
WHERE {include is_live}
  AND (
      %(session_ids)s::text[] IS NULL
      OR v.session_id {session_eq} ANY (%(session_ids)s::text[]::{session_type}[])
  )
  AND (%(after_id)s::text IS NULL OR v.session_id {session_gt} %(after_id)s::text::{session_type})
ORDER BY v.session_id
LIMIT %(page_size)s::bigint

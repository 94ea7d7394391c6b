-- Lists the ids of the next failed or running sessions, owed or not, when a page fails because of one row's expression.
-- Reads only the key and the position, so that the row can be found by halving.
SELECT v.session_id::text AS session_id,
       v.started_at::text AS started_at
{include live_reading}
WHERE {include live_in_scope}
ORDER BY v.started_at, v.session_id
LIMIT %(page_size)s::bigint

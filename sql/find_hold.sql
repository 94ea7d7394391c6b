-- Whether a session that the database refuses is on hold already, so that putting it on hold would be no news.
SELECT EXISTS (
           SELECT
           FROM {holds} AS h
           WHERE h.session_id = {session_id} AND h.attempt = {include attempt_of_hold} AND h.ended_at IS NULL
       ) AS on_hold
FROM {sessions} AS s
WHERE {session_id} = %(session_id)s::text::{session_type}

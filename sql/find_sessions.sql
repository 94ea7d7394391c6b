-- Whether a session with this id exists.
SELECT true AS found
FROM {sessions} AS s
WHERE {session_id} = %(session_id)s::text::{session_type}

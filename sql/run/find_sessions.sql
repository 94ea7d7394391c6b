-- Finds the sessions with this id, and their status.
SELECT true AS found,
       {status}::text AS status
FROM {sessions} AS s
WHERE {session_id} {session_eq} %(session_id)s::text::{session_type}

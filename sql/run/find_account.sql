-- Finds the account of a session that the database refuses. Reads nothing else of it, because that may be what fails.
SELECT v.account_id::text AS account_id
{include reading}
WHERE v.session_id {session_eq} %(session_id)s::text::{session_type}

-- Whose a session is, which the database refuses: nothing else of it is read, for it may be that which fails.
SELECT v.account_id::text AS account_id
{include reading}
WHERE v.session_id {session_eq} %(session_id)s::text::{session_type}

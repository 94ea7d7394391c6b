-- Puts one session that the database refuses on hold, with the database's own message; the whole session when it is
-- the attempt that cannot be told.
INSERT INTO {holds} AS h (
    session_id, attempt, why, sqlstate, message, constraint_name, first_seen, last_seen, run_id
)
SELECT {session_id},
       {include attempt_of_hold},
       %(why)s::text,
       %(sqlstate)s::text,
       %(message)s::text,
       nullif(%(constraint_name)s::text, ''),
       %(as_of)s::timestamptz,
       %(as_of)s::timestamptz,
       %(run_id)s::uuid
FROM {sessions} AS s
WHERE {session_id} = %(session_id)s::text::{session_type}
{include on_hold_again}
RETURNING h.run_id = %(run_id)s::uuid AS new

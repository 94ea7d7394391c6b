-- Lists the holds of one session. The database's message stays out of it: it may repeat the row.
SELECT h.attempt,
       h.why || coalesce(' ' || h.sqlstate, '') AS why,
       h.constraint_name,
       h.first_seen,
       h.last_seen,
       h.ended_at,
       h.run_id::text AS run_id
FROM {holds} AS h
WHERE h.session_id {session_eq} %(session_id)s::text::{session_type}
ORDER BY h.first_seen, h.attempt

-- Lists the holds of some sessions, in the order in which they were asked for. Leaves out the database's message, which
-- may repeat the row.
SELECT asked.place,
       h.attempt,
       h.why || coalesce(' ' || h.sqlstate, '') AS why,
       h.constraint_name,
       h.first_seen,
       h.ended_at,
       h.run_id::text AS run_id
FROM pg_catalog.unnest(%(session_ids)s::text[]::{session_type}[]) WITH ORDINALITY AS asked (session_id, place)
JOIN {holds} AS h ON h.session_id {session_eq} asked.session_id
ORDER BY asked.place, h.first_seen, h.attempt

-- What a refund takes from the session's row is not known where several have its id, one of them before the floor.
WHEN (
    SELECT pg_catalog.count(*)
    FROM {sessions} AS s
    WHERE {session_id} {session_eq} refund.session_id
) > 1::bigint THEN 'ambiguous_id'

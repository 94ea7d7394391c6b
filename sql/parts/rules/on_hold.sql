-- Whether the session is on hold.
EXISTS (
    SELECT
    FROM {holds} AS h
    WHERE h.session_id {session_eq} v.session_id AND {include same_attempt} AND h.ended_at IS NULL
)

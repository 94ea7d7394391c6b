-- Whether the session is on hold.
EXISTS (
        SELECT
        FROM {holds} AS h
        WHERE h.session_id = v.session_id AND h.attempt = v.attempt AND h.ended_at IS NULL
    )

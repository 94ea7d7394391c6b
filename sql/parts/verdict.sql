-- What is to be done with a failed or running session, in the order in which the rules apply. A scalar
-- subquery, unlike EXISTS, is always one index probe a row and never a reading of the whole ledger.
CASE
        WHEN (
            SELECT true
            FROM {refunds} AS r
            WHERE r.session_id = v.session_id AND r.attempt = v.attempt
            LIMIT 1
        ) THEN 'refunded'
        WHEN {include refunded_by_app} THEN 'refunded'
        WHEN NOT %(look_again)s::boolean AND (
            SELECT true
            FROM {holds} AS h
            WHERE h.session_id = v.session_id AND h.attempt = v.attempt AND h.ended_at IS NULL
            LIMIT 1
        ) THEN 'held'
        WHEN {include in_grace} THEN 'in_grace'
        WHEN {include not_stuck_yet} THEN 'not_stuck_yet'
        WHEN v.excluded THEN 'excluded'
        WHEN coalesce(v.amount, 0) = 0 THEN 'uncharged'
        ELSE 'owed'
    END

-- Puts on hold the sessions that must not be refunded, and amounts that a column would round.
sweeper_held AS (
    INSERT INTO {holds} AS h (hold_key, session_id, attempt, account_id, why, first_seen, last_seen, run_id)
    SELECT {if several_in_hand}DISTINCT ON (1) {end}{include hold_key}, v.session_id, v.attempt::text, v.account_id, v.hold_reason, %(as_of)s::timestamptz,
           %(as_of)s::timestamptz, %(run_id)s::uuid
    FROM sweeper_looked AS v
    WHERE v.hold_reason IS NOT NULL
    UNION ALL
    SELECT {include hold_key}, v.session_id, v.attempt::text, v.account_id, v.unfit, %(as_of)s::timestamptz,
           %(as_of)s::timestamptz, %(run_id)s::uuid
    FROM sweeper_fit AS v
    WHERE v.unfit IS NOT NULL
    {include on_hold_again}
    RETURNING h.session_id, h.why, h.run_id = %(run_id)s::uuid AS new
),

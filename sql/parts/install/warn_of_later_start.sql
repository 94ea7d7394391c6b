-- Warns, in refund(), of a session that was started after its refund: nothing is paid, as the guard knows one charge of
-- it. Either it was charged again, or its id was used again, as after a sequence was reset.
PERFORM true
FROM (
    SELECT v.session_id,
           v.attempt,
           v.started_at
    {include reading_in_hand}
    WHERE {session_id} {session_eq} sweeper_session_id
      {include sessions_here}
) AS v
JOIN {refunds} AS r ON r.session_id {session_eq} v.session_id AND r.attempt {attempt_eq} v.attempt
WHERE pg_catalog.cardinality(sweeper_row.paid_sessions) = 0
  AND {include started_later};
IF FOUND THEN
    RAISE WARNING 'session %% was started after its refund: if it was charged again, or its id is used again, that charge is not refunded', sweeper_session_id
        USING HINT = 'Map sessions.attempt to what distinguishes the charges, or see `sweeper explain`.';
END IF;

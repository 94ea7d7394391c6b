-- Finds whether the session was refunded under an id that it had before: a refund without a session has its account,
-- its amount and its moment of failure, or the last two where its account is gone, too. The whole search runs only when
-- one of a few refunds has lost its session: of the newest, and of some older ones, because the newest may have been
-- made since the ids changed. For a session that is in the ledger no expression is computed, because it may fail.
IF EXISTS (
    SELECT
    FROM (
        (
            SELECT r.session_id, r.attempt
            FROM {refunds} AS r
            ORDER BY r.created_at DESC
            LIMIT 20
        )
        UNION ALL
        (
            SELECT older.session_id, older.attempt
            FROM (VALUES (interval '1 hour'), (interval '1 day'), (interval '7 days'), (interval '30 days')) AS back (age)
            CROSS JOIN LATERAL (
                SELECT r.session_id, r.attempt
                FROM {refunds} AS r
                WHERE r.created_at < sweeper_at - back.age
                ORDER BY r.created_at DESC
                LIMIT 3
            ) AS older
        )
    ) AS r
    WHERE {include charge_gone}
) THEN
    SELECT pg_catalog.array_agg(sweeper_session_id::text)
    INTO sweeper_moved
    FROM (
        SELECT r.session_id, r.attempt, r.amount AS refunded, v.amount
        {include reading_in_hand}
        CROSS JOIN LATERAL (
            SELECT CASE
                       WHEN NOT v.excluded AND NOT EXISTS (
                           SELECT
                           FROM {refunds} AS r
                           WHERE r.session_id {session_eq} v.session_id{if attempt_moves}
                             AND r.attempt {attempt_eq} v.attempt{end}
                       )
                           THEN {include owed_from}
                   END AS owed_from
            OFFSET 0
        ) AS since
        CROSS JOIN LATERAL (SELECT v.started_at, since.owed_from) AS owed
        JOIN {refunds} AS r
          ON r.failed_at = owed.owed_from
         AND (r.account_id {account_eq} v.account_id{if accounts} OR {include account_changed}{end})
         -- for the index; a clock of the app may be ahead
         AND r.created_at >= owed.owed_from - interval '10 minutes'{if attempt_moves}
         AND {include same_charge}{end}
        WHERE {session_id} {session_eq} sweeper_session_id
        OFFSET 0
    ) AS r
    WHERE r.refunded = r.amount::numeric
      AND {include charge_gone}
    HAVING pg_catalog.count(*) = 1;
END IF;

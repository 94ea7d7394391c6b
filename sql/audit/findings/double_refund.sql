-- double_refund: one charge has more than one refund that was not taken back.
-- To fix: `sweeper revert` takes one of them back; a row of the app's own ledger is the app's to correct.
SELECT doubled.session_id AS sample,
       pg_catalog.count(*) OVER () AS found
FROM (
    SELECT r.session_id::text AS session_id
    FROM (
        -- only these, which the guard's own index shows, are looked up among the reversals
        SELECT {if by_account}paid.account_id, {end}paid.session_id, paid.attempt
        FROM {refunds} AS paid
        GROUP BY {if by_account}paid.account_id, {end}paid.session_id, paid.attempt
        HAVING pg_catalog.count(*) > 1
    ) AS several
    JOIN {refunds} AS r ON r.session_id {session_eq} several.session_id
        AND r.attempt {attempt_eq} several.attempt{if by_account}
        AND r.account_id {account_eq} several.account_id{end}
    WHERE {include not_reversed}
    GROUP BY {if by_account}r.account_id, {end}r.session_id, r.attempt  -- paid again by a user: still the same charge
    HAVING pg_catalog.count(*) > 1
       AND pg_catalog.bool_or({include in_period})
    {if ledger}
    UNION
    -- in the app's ledger, without rows from before the guard
    SELECT {ledger_session}::text
    FROM {ledger} AS l
    WHERE {ledger_where}
      AND {ledger_session} IS NOT NULL
    GROUP BY {ledger_session}, {ledger_attempt}
    HAVING pg_catalog.count(*) > 1
       AND pg_catalog.bool_or(({ledger_guard}) IS TRUE)
    {end}
) AS doubled
ORDER BY doubled.session_id
LIMIT 5

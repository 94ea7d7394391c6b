-- Checks, for refund(), that the balance grew by what the ledger says, and that what was spent went down by it: both
-- are read again after the app's triggers. What was spent may be null, or not mapped: then it stays null.
SELECT {balance}::text::numeric, {spent}::text::numeric
INTO sweeper_after, sweeper_spent_after
FROM {accounts} AS a
WHERE {accounts_id} {account_eq} sweeper_found.account_id;
IF pg_catalog.cardinality(sweeper_row.moved_accounts) <> pg_catalog.cardinality(sweeper_row.paid_sessions)
    OR (
        pg_catalog.cardinality(sweeper_row.paid_sessions) > 0
        AND (
            pg_catalog.abs(sweeper_after - sweeper_before - sweeper_row.paid_amounts[1]::numeric)
            <= pg_catalog.abs(sweeper_row.paid_amounts[1]::numeric) * {tolerance}::numeric
        ) IS NOT TRUE
    )
THEN
    RAISE EXCEPTION 'the balance did not grow by what the ledger says'
        USING ERRCODE = 'raise_exception';
END IF;
IF pg_catalog.cardinality(sweeper_row.paid_sessions) > 0
    AND (
        sweeper_spent_before IS NULL AND sweeper_spent_after IS NULL
        OR pg_catalog.abs(sweeper_spent_before - sweeper_spent_after - sweeper_row.paid_amounts[1]::numeric)
           <= pg_catalog.abs(sweeper_row.paid_amounts[1]::numeric) * {spent_tolerance}
    ) IS NOT TRUE
THEN
    RAISE EXCEPTION 'accounts.spent did not go down by what the ledger says'
        USING ERRCODE = 'raise_exception';
END IF;

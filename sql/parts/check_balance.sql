-- What was added to the balance is what was written to the ledger, for refund(): read again, after the app's triggers.
        SELECT {balance}::text::numeric
        INTO sweeper_after
        FROM {accounts} AS a
        WHERE {accounts_id} = sweeper_found.account_id;
        IF cardinality(sweeper_row.moved_accounts) <> cardinality(sweeper_row.paid_sessions)
            OR (
                cardinality(sweeper_row.paid_sessions) > 0
                AND (
                    abs(sweeper_after - sweeper_before - sweeper_row.paid_amounts[1]::numeric)
                    <= abs(sweeper_row.paid_amounts[1]::numeric) * {tolerance}
                ) IS NOT TRUE
            )
        THEN
            RAISE EXCEPTION 'the balance did not grow by what the ledger says'
                USING ERRCODE = 'raise_exception';
        END IF;

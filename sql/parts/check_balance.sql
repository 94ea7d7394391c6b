-- What was added to the balance is what was written to the ledger, for refund(): read again, after the app's triggers.
        SELECT {balance}::text::numeric
        INTO sweeper_after
        FROM {accounts} AS a
        WHERE {accounts_id} = sweeper_found.account_id;
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

-- What was added to the balance is what was written to the ledger, for refund().
        IF cardinality(sweeper_row.moved_accounts) <> cardinality(sweeper_row.paid_sessions)
            OR (
                cardinality(sweeper_row.paid_sessions) > 0
                AND (
                    sweeper_row.moved_balances[1]::numeric
                    BETWEEN sweeper_before + sweeper_row.paid_amounts[1]::numeric - {tolerance}
                        AND sweeper_before + sweeper_row.paid_amounts[1]::numeric + {tolerance}
                ) IS NOT TRUE
            )
        THEN
            RAISE EXCEPTION 'the balance did not grow by what the ledger says'
                USING ERRCODE = 'raise_exception';
        END IF;

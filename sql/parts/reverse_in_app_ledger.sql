-- The row that takes a refund back, in the app's ledger; and whether the mapping would take it for a refund.
sweeper_booked AS (
    INSERT INTO {ledger} AS l ({reverse_columns})
    SELECT {reverse_values}
    FROM sweeper_taken AS refund
    RETURNING ({ledger_session} IS NOT NULL AND ({ledger_where})) IS TRUE AS is_refund
),

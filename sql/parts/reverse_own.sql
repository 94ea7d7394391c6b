-- The reversal in sweeper's own tables is all that is written.
sweeper_booked AS (
    SELECT false AS is_refund
    FROM sweeper_taken
),

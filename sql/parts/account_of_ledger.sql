-- No account table is mapped: an account is whoever the ledger names, and has no balance of its own.
CROSS JOIN (
    SELECT true AS known,
           NULL::text AS account_id,
           NULL::text AS balance
) AS account

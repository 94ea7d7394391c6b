-- For a mapping that has no ledger of the app's.
SELECT NULL::text
    WHERE false

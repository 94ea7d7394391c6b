-- Takes a place among the runs that are paying: together while the caps are far, one at a time when they are near.
-- Gives false when that is not possible at this moment. Ends with the transaction.
SELECT CASE WHEN %(alone)s::boolean
    THEN pg_catalog.pg_try_advisory_xact_lock({caps_lock})
    ELSE pg_catalog.pg_try_advisory_xact_lock_shared({caps_lock})
END AS taken

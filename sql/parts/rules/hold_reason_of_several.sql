-- Why no program may refund an owed session, where another with its id may have come since that was asked.
CASE WHEN pg_catalog.count(*) OVER (PARTITION BY v.session_id) > 1 THEN 'ambiguous_id' ELSE {include hold_reason} END

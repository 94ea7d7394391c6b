-- Why no program may refund an owed session, where another session with its id may have been added since the ids were
-- checked.
CASE WHEN pg_catalog.count(*) OVER (PARTITION BY v.session_id) > 1 THEN 'ambiguous_id' ELSE {include hold_reason} END

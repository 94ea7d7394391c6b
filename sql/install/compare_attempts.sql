-- Reports whether most refunds of existing sessions have the attempt that their session has now, cast to the type it had:
-- then a migration has changed the column's type, and not its values. NULL without any.
SELECT pg_catalog.count(*) FILTER (WHERE r.attempt::text = mapped.old_attempt) * 2 > nullif(pg_catalog.count(*), 0) AS most
FROM {refunds} AS r
JOIN (
    SELECT ({old_session_id})::text AS old_session_id,
           ({old_attempt})::text AS old_attempt
    FROM {sessions} AS s
) AS mapped ON mapped.old_session_id = r.session_id::text

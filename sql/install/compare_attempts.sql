-- Reports whether the newest refund of most existing sessions has the attempt that its session has now, cast to the type
-- it had: then a migration has changed the column's type, and not its values. NULL without any.
SELECT pg_catalog.count(*) FILTER (
           WHERE r.attempt::text = mapped.old_attempt
       ) * 2 > nullif(pg_catalog.count(*), 0) AS most
FROM (
    SELECT DISTINCT ON (r.session_id) r.session_id, r.attempt
    FROM {refunds} AS r
    ORDER BY r.session_id, r.created_at DESC
) AS r
JOIN (
    SELECT ({old_session_id})::text AS old_session_id,
           ({old_attempt})::text AS old_attempt
    FROM {sessions} AS s
) AS mapped ON mapped.old_session_id = r.session_id::text

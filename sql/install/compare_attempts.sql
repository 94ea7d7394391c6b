-- Reports whether most of the newest refunds have the attempt that their session has now, cast to the type it had: then a
-- migration has changed the column's type, and not its values. Of each session the newest refund counts, and where the
-- text of the attempt is the same as before, only of those that failed and were not charged again. NULL without any.
WITH newest AS MATERIALIZED (
    SELECT DISTINCT ON (r.session_id) r.session_id::text AS session_id,
           r.attempt::text AS attempt,
           r.created_at,
           r.failed_at,
           r.run_id
    FROM (
        SELECT * FROM {refunds} ORDER BY created_at DESC LIMIT 1000
    ) AS r
    ORDER BY r.session_id, r.created_at DESC
)
SELECT pg_catalog.count(*) FILTER (WHERE r.attempt = v.old_attempt) * 2 > nullif(pg_catalog.count(*), 0) AS most
FROM (
    SELECT ({old_session_id})::text AS old_session_id,
           ({old_attempt})::text AS old_attempt,
           {failed_at} AS failed_at,
           {started_at} AS started_at
    FROM {sessions} AS s
    WHERE ({old_session_id})::text IN (SELECT found.session_id FROM newest AS found){if only_failed}
      AND {include is_failed}{end}
) AS v
JOIN newest AS r ON r.session_id = v.old_session_id{if only_failed}
WHERE ({include failed_again}) IS NOT TRUE{end}

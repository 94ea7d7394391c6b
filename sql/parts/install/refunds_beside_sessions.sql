-- All refunds beside the sessions that they are of. By a full join, which is always by hash or merge: for the first match
-- the server would choose to compare each with each, and where there is none that takes hours. The condition has to be
-- inside coalesce, or the server would see that no full join is needed.
FROM {refunds} AS r
FULL JOIN (
    SELECT ({old_session_id})::text AS session_id,
           ({attempt})::text AS attempt
    FROM {sessions} AS s
) AS mapped ON mapped.session_id = r.session_id::text

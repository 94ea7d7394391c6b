-- Another expression tells the charges apart now: each refund is of the charge that its session is at.
UPDATE {refunds} AS r
SET attempt = told.attempt
FROM (
    SELECT ({session_id})::text AS session_id,
           ({attempt})::text AS attempt
    FROM {sessions} AS s
) AS told
WHERE told.session_id = r.session_id;
UPDATE {holds} AS h
SET attempt = told.attempt
FROM (
    SELECT ({session_id})::text AS session_id,
           ({attempt})::text AS attempt
    FROM {sessions} AS s
) AS told
WHERE told.session_id = h.session_id;

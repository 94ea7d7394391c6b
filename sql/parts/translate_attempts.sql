-- Another expression tells the charges apart now: each refund is of the charge that its session is at. Where the old
-- expression tells that it is of one before, nobody asks for it again: it keeps its text, and no new charge can have it.
UPDATE {refunds} AS r
SET attempt = CASE
    WHEN {old_attempt_is_told} AND told.old_attempt <> r.attempt THEN r.attempt || ' (before)'
    ELSE told.attempt
END
FROM (
    SELECT ({session_id})::text AS session_id,
           ({attempt})::text AS attempt,
           ({old_attempt})::text AS old_attempt
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

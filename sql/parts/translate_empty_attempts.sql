-- An older ledger wrote down a null attempt as an empty text.
UPDATE {refunds} AS r
SET attempt = told.attempt
FROM (
    SELECT ({session_id})::text AS session_id,
           ({attempt})::text AS attempt
    FROM {sessions} AS s
) AS told
WHERE told.session_id = r.session_id AND r.attempt = '' AND told.attempt IS NOT NULL;
UPDATE {holds}
SET attempt = NULL
WHERE attempt = '';

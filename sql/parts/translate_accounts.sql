-- The accounts have other ids now: each refund went to the account of its session.
UPDATE {refunds} AS r
SET account_id = told.account_id
FROM (
    SELECT ({session_id})::text AS session_id,
           (({account}){account_as})::text AS account_id
    FROM {sessions} AS s
) AS told
WHERE told.session_id = r.session_id AND r.account_id IS NOT NULL AND told.account_id IS NOT NULL;
UPDATE {holds}
SET account_id = NULL
WHERE account_id IS NOT NULL;

-- Whether a refund is of a session of this table. By a full join, which is always by hash or merge: for the first match
-- the server would choose to compare each with each, and where there is none that takes hours.
EXISTS (
    SELECT
    FROM {refunds} AS r
    FULL JOIN (
        SELECT ({old_session_id})::text AS session_id
        FROM {sessions} AS s
    ) AS mapped ON mapped.session_id = r.session_id::text
    WHERE coalesce(r.refund_id IS NOT NULL AND mapped.session_id IS NOT NULL, false)
)

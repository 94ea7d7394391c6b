-- Whether one of the refunds of a run or a session that can be taken back is not what the mapping gives for its session
-- now. Zero is what the refund itself, or the app, may have made of it.
SELECT EXISTS (
    SELECT
    FROM {refunds} AS r
    CROSS JOIN LATERAL (
        SELECT v.status,
               v.amount,
               v.started_at,
               v.failed_at
        {include reading}
        WHERE v.session_id {session_eq} r.session_id
          AND v.attempt {attempt_eq} r.attempt
        OFFSET 0
    ) AS v
    WHERE (%(run_id)s::uuid IS NULL OR r.run_id = %(run_id)s::uuid AND r.created_at = %(run_as_of)s::timestamptz)
      AND (%(session_id)s::text IS NULL OR r.session_id {session_eq} %(session_id)s::text::{session_type})
      AND NOT EXISTS (SELECT FROM {reversals} AS x WHERE x.refund_id = r.refund_id)
      AND v.amount::numeric <> 0::numeric
      AND {include is_wrong_amount}
) AS found

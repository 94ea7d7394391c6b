-- Whether the app's own ledger has a refund of a session whose row is gone.
SELECT coalesce({include refunded_by_app}, false) AS found
FROM (
    SELECT %(session_id)s::text::{session_type} AS session_id,
           ''::text AS attempt
) AS v

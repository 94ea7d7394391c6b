-- Lists the newest sessions of an account that sweeper has to do with: failed, running or refunded ones.
SELECT found.session_id::text AS session_id
FROM (
    SELECT v.session_id,
           v.started_at::timestamptz AS at
    {include reading}
    WHERE v.status IN ({live})
      AND v.account_id = %(account_id)s::text::{account_type}
    UNION ALL
    SELECT r.session_id,
           r.created_at
    FROM {refunds} AS r
    WHERE r.account_id = %(account_id)s::text::{account_type}
) AS found
GROUP BY found.session_id
ORDER BY max(found.at) DESC NULLS LAST, found.session_id
LIMIT %(page_size)s::bigint

-- Lists the newest failed, running or refunded sessions of an account. Sent again when a row's account cannot be read,
-- without the sessions on hold because the database refused them.
SELECT found.session_id::text AS session_id
FROM (
    SELECT v.session_id,
           CASE WHEN v.started_at BETWEEN '0002-01-01' AND '9998-01-01' THEN v.started_at::timestamptz END AS at
    {include live_reading}
    WHERE {include is_live}
      AND CASE WHEN %(around_refused)s::boolean AND EXISTS (
              SELECT
              FROM {holds} AS h
              WHERE h.session_id {session_eq} v.session_id AND h.why = 'refused' AND h.ended_at IS NULL{if by_account} AND h.account_id {account_eq} v.account_id{end}
          ) THEN false
          ELSE v.account_id {account_eq} %(account_id)s::text::{account_type}
      END
    UNION ALL
    SELECT r.session_id,
           r.created_at
    FROM {refunds} AS r
    WHERE r.account_id {account_eq} %(account_id)s::text::{account_type}
) AS found
GROUP BY found.session_id
ORDER BY pg_catalog.max(found.at) DESC NULLS LAST, found.session_id
LIMIT %(page_size)s::bigint

-- Counts sessions with an amount above zero by the month in which they started, and how many of them have no charge in
-- the app's books and no refund. Reads only the newest failed and running sessions.
SELECT pg_catalog.to_char(newest.started_at::timestamptz, 'YYYY-MM') AS month,
       pg_catalog.count(*) AS amounts,
       pg_catalog.count(*) FILTER (WHERE newest.uncharged) AS uncharged
FROM (
    SELECT v.started_at,
           v.amount,
           v.excluded,
           (v.charged::{charged_type}::numeric > 0::numeric) IS NOT TRUE
           AND NOT EXISTS (
               SELECT
               FROM {refunds} AS r
               WHERE r.session_id {session_eq} v.session_id AND r.attempt {attempt_eq} v.attempt{if by_account} AND r.account_id {account_eq} v.account_id{end}
           ){if ledger}
           {include not_in_app_ledger}{end} AS uncharged
    {include live_reading}
    WHERE {include is_live}
      AND pg_catalog.isfinite(v.started_at)
    ORDER BY v.started_at DESC
    LIMIT %(newest)s::bigint
) AS newest
WHERE NOT newest.excluded
  AND newest.amount::numeric > 0::numeric
GROUP BY 1
ORDER BY 1 DESC

-- Finds failed sessions that would be paid, soon after whose failure the app's ledger has a refund of their account and
-- amount that names no session, nor anything else; and whether one is near that is not, such as of other work.
SELECT v.session_id::text AS session_id,
       pg_catalog.min(l.key) FILTER (
           WHERE l.at >= v.failed_at - interval '1 minute' AND l.at < v.failed_at + interval '10 minutes'
       ) AS refund,
       pg_catalog.bool_or(
           l.at < v.failed_at - interval '1 minute' OR l.at >= v.failed_at + interval '10 minutes'
       ) AS has_another
FROM (
    SELECT v.session_id,
           v.account_id::text AS account,
           v.amount::numeric AS amount,
           v.failed_at::timestamptz AS failed_at
    {include mapped_rows}
      AND NOT v.excluded
      AND {include is_charged}
      AND {include not_paid_yet}
) AS v
JOIN (
    SELECT l.{key}::text AS key,
           l.{account_column}::text AS account,
           pg_catalog.abs(l.{amount_column}::numeric) AS amount,
           l.{moment}::timestamptz AS at
    FROM {ledger} AS l
    WHERE {past_where}
      AND {past_session} IS NULL{each links ""}
      AND l.{column} IS NULL{end}{each texts ""}
      AND (l.{column}::text ~ '\d') IS NOT TRUE{end}
    ORDER BY l.{key} DESC
    LIMIT 5000
) AS l ON l.account OPERATOR(pg_catalog.=) v.account
      AND l.amount OPERATOR(pg_catalog.=) v.amount
      AND l.at >= v.failed_at - interval '12 minutes'
      AND l.at < v.failed_at + interval '21 minutes'
GROUP BY v.session_id
ORDER BY v.session_id::text

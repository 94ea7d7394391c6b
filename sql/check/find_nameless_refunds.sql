-- Compares refunds in the app's ledger that name no session with failed sessions: for each account and amount, how many
-- of these would be paid, and for how many there is such a refund, once each of the others has one.
WITH looked AS MATERIALIZED (
    SELECT v.session_id,
           v.account_id::text AS account,
           v.amount::numeric AS amount,
           v.started_at::timestamptz AS started_at,
           (NOT v.excluded AND {include is_charged} AND {include not_paid_yet}) IS TRUE AS is_owed
    {include mapped_rows}
),
failed AS (
    SELECT looked.account,
           looked.amount,
           pg_catalog.count(*) FILTER (WHERE looked.is_owed) AS owed,
           pg_catalog.count(*) FILTER (WHERE NOT looked.is_owed) AS others,
           pg_catalog.min(looked.session_id::text) FILTER (WHERE looked.is_owed) AS sample
    FROM looked
    GROUP BY looked.account, looked.amount
),
nameless AS (
    SELECT newest.account,
           newest.amount,
           pg_catalog.count(*) AS rows
    FROM (
        SELECT l.{account_column}::text AS account,
               pg_catalog.abs(l.{amount_column}::numeric) AS amount
        FROM {ledger} AS l
        WHERE {past_where}
          AND {past_session} IS NULL{if moment}
          AND l.{moment}::timestamptz >= (SELECT pg_catalog.min(looked.started_at) FROM looked){end}
        ORDER BY l.{key} DESC
        LIMIT 5000
    ) AS newest
    GROUP BY newest.account, newest.amount
)
SELECT failed.owed,
       least(failed.owed, greatest(nameless.rows - failed.others, 0::bigint)) AS refunded,
       failed.sample
FROM failed
JOIN nameless ON nameless.account OPERATOR(pg_catalog.=) failed.account
             AND nameless.amount OPERATOR(pg_catalog.=) failed.amount
WHERE failed.owed > 0::bigint
ORDER BY failed.sample

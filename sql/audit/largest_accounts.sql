-- The accounts that got the most credits back in a period.
SELECT r.account_id::text AS account_id,
       count(*) AS sessions,
       sum(r.amount)::text AS credits
FROM {refunds} AS r
WHERE r.created_at >= %(since)s::timestamptz
  AND r.created_at < %(until)s::timestamptz
  AND r.layer <> 'adopted'
GROUP BY r.account_id
ORDER BY sum(r.amount) DESC, count(*) DESC, r.account_id
LIMIT 10

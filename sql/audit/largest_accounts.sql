-- Lists the accounts that were refunded the most credits in a period.
SELECT r.account_id::text AS account_id,
       pg_catalog.count(*) AS sessions,
       pg_catalog.sum(r.amount)::text AS credits
FROM {refunds} AS r
WHERE {include in_period}
  AND r.layer <> 'adopted'
GROUP BY r.account_id
ORDER BY pg_catalog.sum(r.amount) DESC, pg_catalog.count(*) DESC, r.account_id
LIMIT 10

-- What a run has refunded, read from the ledger, by reason and in all.
SELECT r.reason,
       grouping(r.reason) = 1 AS total,
       count(*) AS sessions,
       coalesce(sum(r.amount), 0)::text AS credits,
       count(DISTINCT r.account_id) AS accounts
FROM {refunds} AS r
WHERE r.run_id = %(run_id)s::uuid
  AND r.created_at = %(as_of)s::timestamptz
GROUP BY GROUPING SETS ((r.reason), ())
ORDER BY total, sessions DESC, r.reason

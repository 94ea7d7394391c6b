-- Sums what a run has refunded, read from the ledger, by reason and in total.
SELECT r.reason,
       grouping(r.reason) = 1 AS total,
       pg_catalog.count(*) AS sessions,
       coalesce(pg_catalog.sum(r.amount), 0)::text AS credits,
       pg_catalog.count(DISTINCT r.account_id) AS accounts
{if by_account}
FROM (
    SELECT r.*
    FROM {refunds} AS r
    WHERE r.run_id = %(run_id)s::uuid
      AND r.created_at = %(as_of)s::timestamptz
    OFFSET 0  -- Citus does not compute GROUPING SETS on its nodes
) AS r
{else}
FROM {refunds} AS r
WHERE r.run_id = %(run_id)s::uuid
  AND r.created_at = %(as_of)s::timestamptz
{end}
GROUP BY GROUPING SETS ((r.reason), ())
ORDER BY total, sessions DESC, r.reason

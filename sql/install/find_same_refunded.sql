-- Finds failed sessions that are in the ledger of another schema, as those of a partition that was detached are: with
-- the same id, account and moment of failure.
SELECT v.session_id::text AS session_id,
       pg_catalog.count(*) OVER () AS sessions
{include mapped_sessions}
JOIN {other_refunds} AS r
  ON r.session_id = v.session_id
 AND r.failed_at = v.failed_at
 AND r.account_id::text = v.account_id::text
WHERE v.status {status_eq} ANY ({failed})
  AND NOT v.excluded
LIMIT 3

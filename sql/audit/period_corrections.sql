-- Counts the corrections of a period: refunds taken back, and adopted refunds, which were paid before there was a
-- ledger.
SELECT 'reversed' AS kind,
       pg_catalog.count(*) AS sessions,
       coalesce(pg_catalog.sum(v.amount), 0)::text AS credits
FROM {reversals} AS v
WHERE v.created_at >= %(since)s::timestamptz
  AND v.created_at < %(until)s::timestamptz
UNION ALL
SELECT 'adopted',
       pg_catalog.count(*),
       coalesce(pg_catalog.sum(r.amount), 0)::text
FROM {refunds} AS r
WHERE {include in_period}
  AND r.layer = 'adopted'

-- What a person put right in a period: refunds taken back, and refunds that were paid before there was a ledger.
SELECT 'reversed' AS kind,
       count(*) AS sessions,
       coalesce(sum(v.amount), 0)::text AS credits
FROM {reversals} AS v
WHERE v.created_at >= %(since)s::timestamptz
  AND v.created_at < %(until)s::timestamptz
UNION ALL
SELECT 'adopted',
       count(*),
       coalesce(sum(r.amount), 0)::text
FROM {refunds} AS r
WHERE r.created_at >= %(since)s::timestamptz
  AND r.created_at < %(until)s::timestamptz
  AND r.layer = 'adopted'

-- Sums by how much the refunds of a period changed each column of the accounts, by [accounts.add] as it was when they
-- were written, less what was taken back in the period, and counts the refunds that changed any.
SELECT share.name,
       pg_catalog.count(*) FILTER (WHERE moved.direction > 0 AND share.taken::numeric <> 0::numeric) AS sessions,
       pg_catalog.sum(moved.direction * share.taken::numeric)::text AS credits
FROM (
    SELECT {if shares}r.shares{else}NULL::jsonb{end} AS shares, 1 AS direction
    FROM {refunds} AS r
    WHERE {include in_period}
      AND r.layer <> 'adopted'
    UNION ALL
    SELECT {if shares}r.shares{else}NULL::jsonb{end}, -1
    FROM {reversals} AS v
    JOIN {refunds} AS r ON r.refund_id = v.refund_id{if by_account} AND r.account_id {account_eq} v.account_id{end}
    WHERE v.created_at >= %(since)s::timestamptz
      AND v.created_at < %(until)s::timestamptz
) AS moved
CROSS JOIN LATERAL pg_catalog.jsonb_each_text(moved.shares) AS share (name, taken)
GROUP BY share.name
ORDER BY share.name COLLATE "C"

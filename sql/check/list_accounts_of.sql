-- Lists the accounts of some sessions: those with one that no mark shows as refunded first, and then in an order that is
-- always the same, but says nothing about them.
SELECT v.account_id::text AS account_id
{include mapped_rows}
  AND v.account_id IS NOT NULL
  AND v.amount::numeric > 0::numeric
GROUP BY v.account_id::text
ORDER BY pg_catalog.bool_and(v.excluded), pg_catalog.hashtextextended(v.account_id::text, 0)
LIMIT 20

-- refunded: the failed and running sessions whose refund is in sweeper's ledger. Sent for the position where `screen`
-- cannot count them: the guard is missing, so that a session may have several refunds, or the database refuses a row.
SELECT 'refunded' AS place,
       pg_catalog.count(*) AS sessions,
       coalesce(pg_catalog.sum({include counted_credits}), 0)::text AS credits
{include live_reading}
WHERE {include audited}
  AND EXISTS (
      SELECT
      FROM {refunds} AS r
      WHERE {include own_refund}
  )

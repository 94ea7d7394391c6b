-- The sessions that the newest refund rows of a ledger name.
SELECT s.{session}::text AS link
FROM {table} AS s
WHERE {refunds}
ORDER BY s.{key} DESC
LIMIT 300

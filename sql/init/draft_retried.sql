-- Among the newest refund rows of a ledger, how many name a session that another session refers to, as a retry does.
SELECT pg_catalog.count(*) AS rows
FROM (
    SELECT s.{session}::text AS link
    FROM {ledger} AS s
    WHERE {refunds}
    ORDER BY s.{key} DESC
    LIMIT 300
) AS line
WHERE EXISTS (SELECT FROM {sessions} AS t WHERE t.{parent} OPERATOR(pg_catalog.=) {typed})

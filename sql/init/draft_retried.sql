-- Counts how many of the newest refund rows of a ledger name a session that another session refers to, as a retry does.
SELECT pg_catalog.count(*) AS rows
FROM (
    {include newest_links}
) AS line
WHERE EXISTS (SELECT FROM {sessions} AS t WHERE t.{parent} OPERATOR(pg_catalog.=) {typed})

-- Counts for how many accounts the newest row of a ledger has the account's balance, as a running total does.
SELECT pg_catalog.count(*) AS accounts,
       pg_catalog.count(*) FILTER (WHERE {balance}::numeric OPERATOR(pg_catalog.=) newest.total) AS equal
FROM (
    SELECT DISTINCT ON (line.payer) line.payer, line.total
    FROM (
        SELECT s.{payer} AS payer, {total}::numeric AS total, s.{order} AS place
        FROM {ledger} AS s
        WHERE s.{payer} IS NOT NULL
        ORDER BY s.{order} DESC
        LIMIT 5000
    ) AS line
    ORDER BY line.payer, line.place DESC
) AS newest
JOIN {accounts} AS a ON a.{key} OPERATOR(pg_catalog.=) newest.payer

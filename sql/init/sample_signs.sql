-- Counts, for each kind of row in a ledger, the positive and the negative amounts, and the rows that name a session.
SELECT found.kind AS kind,
       pg_catalog.count(*) FILTER (WHERE found.amount > 0::numeric) AS above,
       pg_catalog.count(*) FILTER (WHERE found.amount < 0::numeric) AS below,
       pg_catalog.count(*) FILTER (WHERE found.named) AS named
FROM (
    SELECT {kind}::text AS kind, {amount}::numeric AS amount, {session} IS NOT NULL AS named
    FROM {table} AS s
    ORDER BY {key} DESC
    LIMIT 5000
) AS found
WHERE found.kind IS NOT NULL
GROUP BY found.kind
ORDER BY pg_catalog.count(*) DESC
LIMIT 40

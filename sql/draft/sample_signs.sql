-- Whether the amounts of each kind of row in a ledger go up or down, and how many of its rows name a session.
SELECT found.kind AS kind,
       count(*) FILTER (WHERE found.amount > 0) AS above,
       count(*) FILTER (WHERE found.amount < 0) AS below,
       count(*) FILTER (WHERE found.named) AS named
FROM (
    SELECT {kind}::text AS kind, {amount} AS amount, {session} IS NOT NULL AS named
    FROM {table} AS s
    ORDER BY {key} DESC
    LIMIT 5000
) AS found
WHERE found.kind IS NOT NULL
GROUP BY found.kind
ORDER BY count(*) DESC
LIMIT 40

-- Lists the recurring texts of failed sessions that say that credits were refunded: how the app may mark its own
-- refunds.
SELECT found.value AS value,
       pg_catalog.count(*) AS rows
FROM (
    SELECT {column}::text AS value
    FROM {table} AS s
    WHERE {status}::text IN ({failed})
    ORDER BY {key} DESC
    LIMIT 5000
) AS found
WHERE found.value ~* 'refund|gave back|given back|returned credits|credits returned'
  AND pg_catalog.length(found.value) <= 100
GROUP BY found.value
HAVING pg_catalog.count(*) > 1
ORDER BY rows DESC, value
LIMIT 4

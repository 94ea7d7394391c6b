-- Which repeated texts of a failed session say that its credits were given back: how the app marks its own refunds.
SELECT found.value AS value,
       count(*) AS rows
FROM (
    SELECT {column}::text AS value
    FROM {table} AS s
    WHERE {status} IN ({failed})
    ORDER BY {key} DESC
    LIMIT 5000
) AS found
WHERE found.value ~* 'refund|gave back|given back|returned credits|credits returned'
  AND length(found.value) <= 100
GROUP BY found.value
HAVING count(*) > 1
ORDER BY rows DESC, value
LIMIT 4

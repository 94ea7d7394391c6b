-- Finds a subscription that writes the rows of these tables, or of parts of them: they come from another database.
SELECT pg_catalog.quote_ident(s.subname::text) AS name,
       pg_catalog.format('ALTER SUBSCRIPTION %%I DISABLE'::text, s.subname) AS disable,
       written.oid::regclass::text AS table_name
FROM (
    {include with_partitions}
) AS written
JOIN pg_catalog.pg_subscription_rel AS r ON r.srrelid = written.oid
JOIN pg_catalog.pg_subscription AS s ON s.oid = r.srsubid
WHERE s.subenabled
ORDER BY s.subname
LIMIT 1

-- Finds a subscription that writes the rows of these tables, or of parts of them: they come from another database.
SELECT pg_catalog.quote_ident(s.subname::text) AS name,
       pg_catalog.format('ALTER SUBSCRIPTION %%I DISABLE'::text, s.subname) AS disable,
       written.oid::regclass::text AS table_name
FROM (
    SELECT pg_catalog.unnest(%(table_oids)s::oid[]) AS oid
    UNION
    SELECT part.relid::oid
    FROM pg_catalog.unnest(%(table_oids)s::oid[]) AS t (oid)
    CROSS JOIN LATERAL pg_catalog.pg_partition_tree(t.oid::regclass) AS part
) AS written
JOIN pg_catalog.pg_subscription_rel AS r ON r.srrelid = written.oid
JOIN pg_catalog.pg_subscription AS s ON s.oid = r.srsubid
WHERE s.subenabled
ORDER BY s.subname
LIMIT 1

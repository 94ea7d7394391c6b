-- The collations of our ledger's key that are of another version than when its index was built.
FROM pg_catalog.pg_attribute AS a
CROSS JOIN LATERAL (
    SELECT pg_catalog.format('%%I.%%I', n.nspname, c.collname) AS name,
           c.collversion AS built,
           pg_catalog.pg_collation_actual_version(c.oid) AS now,
           pg_catalog.format('ALTER COLLATION %%I.%%I REFRESH VERSION', n.nspname, c.collname) AS refresh
    FROM pg_catalog.pg_collation AS c
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.collnamespace
    WHERE c.oid = a.attcollation
    {if of_database}
    UNION ALL
    SELECT pg_catalog.format('the default of database %%I', d.datname),
           d.datcollversion,
           pg_catalog.pg_database_collation_actual_version(d.oid),
           pg_catalog.format('ALTER DATABASE %%I REFRESH COLLATION VERSION', d.datname)
    FROM pg_catalog.pg_database AS d
    WHERE d.datname = pg_catalog.current_database()
      AND a.attcollation = 'pg_catalog."default"'::regcollation::oid
    {end}
) AS found
WHERE a.attrelid = pg_catalog.to_regclass(%(refunds)s)::oid
  AND a.attname IN ('session_id', 'attempt')
  AND found.built IS NOT NULL
  AND found.built IS DISTINCT FROM found.now

-- Reports whether sweeper's own tables exist, and not just a table of the app with the same name, and which table the
-- ledger is.
SELECT EXISTS (
    SELECT
    FROM pg_catalog.pg_attribute AS a
    WHERE a.attrelid = settings.oid AND a.attname = 'fingerprint'
) AS found,
       (
           SELECT ledger.oid::bigint
           FROM pg_catalog.pg_class AS own
           JOIN pg_catalog.pg_class AS ledger ON ledger.relnamespace = own.relnamespace AND ledger.relname = 'refunds'
           WHERE own.oid = settings.oid
       ) AS ledger_oid
FROM (SELECT pg_catalog.to_regclass(%(name)s)::oid AS oid) AS settings

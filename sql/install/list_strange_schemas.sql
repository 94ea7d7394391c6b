-- Of schemas that look like sweeper's own, those of a stranger, which must not be read: what is there would run with our
-- rights, and stop every run.
WITH {include strangers}
SELECT DISTINCT n.nspname AS schema_name
FROM pg_catalog.pg_namespace AS n
JOIN pg_catalog.pg_class AS owned ON owned.relnamespace = n.oid
WHERE n.nspname::text = ANY (%(schemas)s::text[])
  AND owned.relname IN ('settings', 'refunds', 'reversals')
  AND {include of_stranger}

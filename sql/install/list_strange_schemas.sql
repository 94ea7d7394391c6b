-- Lists schemas that look like sweeper's own but belong to a role that would gain rights, and must not be read: code in
-- them would run with our rights, and could stop every run.
WITH RECURSIVE {include strangers}
SELECT DISTINCT n.nspname AS schema_name
FROM pg_catalog.pg_namespace AS n
JOIN pg_catalog.pg_class AS owned ON owned.relnamespace = n.oid
WHERE n.nspname::text = ANY (%(schemas)s::text[])
  AND owned.relname IN ('settings', 'refunds', 'reversals')
  AND {include of_stranger}

-- Lists schemas that look like sweeper's own but belong to a role that would gain rights, and must not be read: code in
-- them would run with our rights, and could stop every run.
WITH RECURSIVE owned AS (
    SELECT n.nspname, c.relowner
    FROM pg_catalog.pg_namespace AS n
    JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid
    WHERE n.nspname::text = ANY (%(schemas)s::text[])
      AND c.relname IN ('settings', 'refunds', 'reversals')
),
may_create AS (
    SELECT o.relowner AS role FROM owned AS o
),
{include strangers}
SELECT DISTINCT owned.nspname AS schema_name
FROM owned
WHERE {include of_stranger}

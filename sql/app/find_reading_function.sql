-- Reports whether a function with one of these names may read tables, one that is not built in and not immutable, or
-- whether one of these relations is a view, which may join any tables.
SELECT EXISTS (
    SELECT
    FROM pg_catalog.pg_proc AS p
    WHERE p.proname = ANY (%(names)s::text::name[])
      AND p.pronamespace <> 'pg_catalog'::regnamespace::oid
      AND p.provolatile <> 'i'
) OR EXISTS (
    SELECT
    FROM pg_catalog.pg_class AS c
    WHERE c.relkind IN ('v', 'm')
      AND pg_catalog.lower(c.relname::text) = ANY (%(relations)s::text::text[])
      AND c.relnamespace NOT IN ('pg_catalog'::regnamespace::oid, 'information_schema'::regnamespace::oid)
) AS found

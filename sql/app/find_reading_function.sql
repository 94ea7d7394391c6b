-- Reports whether a function with one of these names may read tables: one that is not built in and not immutable.
SELECT EXISTS (
    SELECT
    FROM pg_catalog.pg_proc AS p
    WHERE p.proname = ANY (%(names)s::text::name[])
      AND p.pronamespace <> 'pg_catalog'::regnamespace::oid
      AND p.provolatile <> 'i'
) AS found

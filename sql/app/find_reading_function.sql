-- Reports whether a function with one of these names may read tables, one that is not built in and not immutable, or
-- whether one of these relations is a view, which may join any tables. A function of a row is also written as if it
-- were one of its columns.
SELECT EXISTS (
    SELECT
    FROM pg_catalog.pg_proc AS p
    WHERE (
          p.proname = ANY (%(names)s::text::name[])
          OR p.proname = ANY (%(columns)s::text::name[])
          AND EXISTS (SELECT FROM pg_catalog.pg_type AS t WHERE t.oid = p.proargtypes[0] AND t.typtype = 'c')
      )
      AND p.pronamespace <> 'pg_catalog'::regnamespace::oid
      AND p.provolatile <> 'i'
) OR EXISTS (
    SELECT
    FROM pg_catalog.pg_class AS c
    WHERE c.relkind IN ('v', 'm')
      AND pg_catalog.lower(c.relname::text) = ANY (%(relations)s::text::text[])
      AND c.relnamespace NOT IN ('pg_catalog'::regnamespace::oid, 'information_schema'::regnamespace::oid)
) AS found

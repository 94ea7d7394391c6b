-- Reports whether a function with one of these names may read tables, or whether one of these relations is a view, which
-- may join any tables. A function that is built in does not; nor does one that is immutable, unless its own text seems
-- to read or to run something: the server does not check what its author declares. A function of a row is also written
-- as if it were one of its columns.
SELECT EXISTS (
    SELECT
    FROM pg_catalog.pg_proc AS p
    WHERE (
          p.proname = ANY (%(names)s::text::name[])
          OR p.proname = ANY (%(columns)s::text::name[])
          AND EXISTS (SELECT FROM pg_catalog.pg_type AS t WHERE t.oid = p.proargtypes[0] AND t.typtype = 'c')
      )
      AND p.pronamespace <> 'pg_catalog'::regnamespace::oid
      AND (
          p.provolatile <> 'i'
          OR pg_catalog.concat_ws(' ', p.prosrc, pg_catalog.pg_get_function_sqlbody(p.oid))
             OPERATOR(pg_catalog.~*) '\m(from|table|perform|execute)\M'
      )
) OR EXISTS (
    SELECT
    FROM pg_catalog.pg_class AS c
    WHERE c.relkind IN ('v', 'm')
      AND pg_catalog.lower(c.relname::text) = ANY (%(relations)s::text::text[])
      AND c.relnamespace NOT IN ('pg_catalog'::regnamespace::oid, 'information_schema'::regnamespace::oid)
) AS found

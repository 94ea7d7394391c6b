-- Whether a function of one of these names may read tables: it is not the server's own, and says that it may give another
-- answer for the same values.
SELECT EXISTS (
    SELECT
    FROM pg_catalog.pg_proc AS p
    WHERE p.proname = ANY (%(names)s::text::name[])
      AND p.pronamespace <> 'pg_catalog'::regnamespace::oid
      AND p.provolatile <> 'i'
) AS found

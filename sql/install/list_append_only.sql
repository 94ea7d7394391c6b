-- Lists the tables that are to be append-only, and whether the triggers that make them so are there, on for everybody,
-- before UPDATE, DELETE and TRUNCATE alike (58: BEFORE 2, DELETE 8, UPDATE 16, TRUNCATE 32), and run our function. It is
-- one trigger, or on a table of Citus two.
SELECT wanted.name AS name,
       coalesce((
           SELECT pg_catalog.bit_or(t.tgtype) = 58::int2
           FROM pg_catalog.pg_trigger AS t
           JOIN pg_catalog.pg_proc AS p ON p.oid = t.tgfoid
           JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
           WHERE t.tgrelid = pg_catalog.to_regclass(wanted.name)::oid
             AND t.tgname::text IN ('append_only', 'no_truncate')
             AND t.tgenabled = 'A'::"char"
             AND t.tgqual IS NULL
             AND t.tgnargs = 0::int2
             AND p.proname::text = 'reject_change'
             AND n.nspname::text = %(schema_name)s::text
       ), false) AS stands
FROM pg_catalog.unnest(%(names)s::text[]) AS wanted (name)

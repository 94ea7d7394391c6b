-- Lists the tables that must be append-only, with a child table if they have one, and whether the triggers for that
-- exist, are enabled ALWAYS, fire before UPDATE, DELETE and TRUNCATE (58: BEFORE 2, DELETE 8, UPDATE 16, TRUNCATE 32),
-- and call our function. There is one trigger, or two on a table of Citus.
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
       ), false) AS stands,
       -- rows of a child are read as rows of the table, and none of our triggers protects them
       (
           SELECT pg_catalog.min(pg_catalog.format('%%I.%%I', n.nspname, c.relname))
           FROM pg_catalog.pg_inherits AS i
           JOIN pg_catalog.pg_class AS c ON c.oid = i.inhrelid
           JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
           WHERE i.inhparent = pg_catalog.to_regclass(wanted.name)::oid
             AND NOT c.relispartition
       ) AS child
FROM pg_catalog.unnest(%(names)s::text[]) AS wanted (name)

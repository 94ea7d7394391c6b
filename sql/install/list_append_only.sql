-- Lists the tables that are to be append-only, a child table of theirs, and whether the triggers that make them so are there, on for everybody,
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
       ), false) AS stands,
       -- what a child has passes for rows of the table, and no trigger of ours guards it
       (
           SELECT pg_catalog.min(pg_catalog.format('%%I.%%I', n.nspname, c.relname))
           FROM pg_catalog.pg_inherits AS i
           JOIN pg_catalog.pg_class AS c ON c.oid = i.inhrelid
           JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
           WHERE i.inhparent = pg_catalog.to_regclass(wanted.name)::oid
             AND NOT c.relispartition
       ) AS child
FROM pg_catalog.unnest(%(names)s::text[]) AS wanted (name)

-- Lists the app's own triggers on sweeper's refunds and reversals. A trigger after an insert is a hook; one before it
-- could drop or change what is written. (In tgtype: BEFORE 2, INSERT 4, INSTEAD OF 64; 58 is our own, which rejects
-- changes.)
SELECT c.relname::text AS table_name,
       pg_catalog.quote_ident(t.tgname::text) AS name,
       pg_catalog.format('%%I.%%I', n.nspname, p.proname) AS function_name,
       t.tgtype::int & 66 <> 0 AS before,
       t.tgenabled IN ('O'::"char", 'A'::"char") AS enabled,
       pg_catalog.format('DROP TRIGGER %%I ON %%s;', t.tgname, wanted.name) AS drop
FROM pg_catalog.unnest(%(names)s::text[]) AS wanted (name)
JOIN pg_catalog.pg_trigger AS t ON t.tgrelid = pg_catalog.to_regclass(wanted.name)::oid
JOIN pg_catalog.pg_class AS c ON c.oid = t.tgrelid
JOIN pg_catalog.pg_proc AS p ON p.oid = t.tgfoid
JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
WHERE NOT t.tgisinternal
  AND t.tgtype::int & 4 <> 0
ORDER BY c.relname, t.tgname

-- Reads the fence's trigger on the table of sessions: as the server writes it down, and whether it is on.
SELECT pg_catalog.pg_get_triggerdef(t.oid) AS definition,
       t.tgenabled IN ('O'::"char", 'A'::"char") AS enabled
FROM pg_catalog.pg_trigger AS t
WHERE t.tgrelid = pg_catalog.to_regclass(%(table_name)s)::oid
  AND t.tgname::text = %(trigger_name)s::text

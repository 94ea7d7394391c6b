-- Reads the definition of the fence's trigger on the sessions table, and whether it is enabled.
SELECT pg_catalog.pg_get_triggerdef(t.oid) AS definition,
       t.tgenabled IN ('O'::"char", 'A'::"char") AS enabled
FROM pg_catalog.pg_trigger AS t
WHERE t.tgrelid = pg_catalog.to_regclass(%(table_name)s)::oid
  AND t.tgname::text = %(trigger_name)s::text

-- Lists the app's own triggers that a refund fires.
SELECT c.relname AS table_name,
       t.tgname AS name,
       p.proname AS function_name
FROM pg_catalog.pg_trigger AS t
JOIN pg_catalog.pg_class AS c ON c.oid = t.tgrelid
JOIN pg_catalog.pg_proc AS p ON p.oid = t.tgfoid
JOIN ROWS FROM (
    pg_catalog.unnest(%(names)s::text[]),
    pg_catalog.unnest(%(events)s::int[])
) AS written (name, event)
    ON t.tgrelid = pg_catalog.to_regclass(written.name)::oid AND t.tgtype::int & written.event <> 0
WHERE NOT t.tgisinternal
  AND t.tgenabled <> 'D'
  AND t.tgname <> %(fence)s
ORDER BY c.relname, t.tgname

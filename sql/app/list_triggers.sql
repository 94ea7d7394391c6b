-- Lists the app's own triggers that are fired as a refund is written. (In tgtype: INSERT 4, UPDATE 16.) A partition may
-- have triggers that its table has not; pg_partition_tree would lock them all.
WITH RECURSIVE written (oid, event) AS (
    SELECT pg_catalog.to_regclass(named.name)::oid, named.event
    FROM ROWS FROM (
        pg_catalog.unnest(%(tables)s::text[]),
        pg_catalog.unnest(%(events)s::int[])
    ) AS named (name, event)
    UNION
    SELECT i.inhrelid, written.event
    FROM written
    JOIN pg_catalog.pg_inherits AS i ON i.inhparent = written.oid
)
SELECT c.relname AS table_name,
       t.tgname AS name,
       p.proname AS function_name,
       t.tginitdeferred AS deferred,
       written.event
FROM written
JOIN pg_catalog.pg_trigger AS t ON t.tgrelid = written.oid
JOIN pg_catalog.pg_class AS c ON c.oid = t.tgrelid
JOIN pg_catalog.pg_proc AS p ON p.oid = t.tgfoid
JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
WHERE NOT t.tgisinternal
  -- nor those that a partition has from its table
  AND NOT EXISTS (
      SELECT
      FROM pg_catalog.pg_trigger AS parent
      JOIN written AS w ON w.oid = parent.tgrelid
      WHERE parent.oid = t.tgparentid
  )
  AND t.tgenabled <> 'D'
  AND t.tgtype::int & written.event <> 0
  -- the fence changes no rows; a hook of the app's may be in the same schema
  AND NOT (n.nspname = %(own_schema)s::name AND p.proname = 'fence')
ORDER BY c.relname, t.tgname

-- Lets installations take turns: one without this lock waits, also for a first installation, which began before the row
-- existed. The lock of a first installation counts when its role has the rights of the schema's owner. Held until the
-- transaction ends.
WITH RECURSIVE wanted AS (
    SELECT n.nspowner AS role
    FROM pg_catalog.pg_namespace AS n
    WHERE n.nspname = {schema_text}
),
{include acting}
SELECT true AS taken
FROM {locks} AS l
WHERE l.name = 'installer'
  AND NOT EXISTS (
      SELECT
      FROM pg_catalog.pg_locks AS first
      JOIN pg_catalog.pg_stat_activity AS a ON a.pid = first.pid
      JOIN pg_catalog.pg_database AS d ON d.oid = first.database AND d.datname = pg_catalog.current_database()
      JOIN pg_catalog.pg_namespace AS n ON n.nspname = {schema_text}
      WHERE first.locktype = 'advisory'
        AND first.granted
        AND first.objsubid = 1
        AND (first.classid::bigint << 32) | first.objid::bigint
            = pg_catalog.hashtextextended(pg_catalog.concat('sweeper install ', {schema_text}), 0)
        AND (
            (SELECT r.rolsuper FROM pg_catalog.pg_roles AS r WHERE r.oid = a.usesysid)
            OR (a.usesysid, n.nspowner) IN (SELECT t.who, t.role FROM acting AS t)
        )
  )
FOR NO KEY UPDATE OF l SKIP LOCKED

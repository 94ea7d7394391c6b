-- Reports whether an index exists and was completely built, how many rows the planner expects in its table, and which
-- function of sweeper's in it a role may not call that may write to the table: it cannot, then.
SELECT i.indisvalid AND i.indisready AS valid,
       greatest(t.reltuples, 0)::bigint AS rows,
       (
           SELECT p.oid::regprocedure::text
           FROM pg_catalog.pg_depend AS d
           JOIN pg_catalog.pg_proc AS p ON p.oid = d.refobjid
           WHERE d.classid = 'pg_class'::regclass::oid
             AND d.objid = i.indexrelid
             AND d.refclassid = 'pg_proc'::regclass::oid
             AND p.proname::text OPERATOR(pg_catalog.~) '^live_[0-9a-f]{10}$'
             AND NOT pg_catalog.has_function_privilege('public', p.oid, 'EXECUTE')
             AND EXISTS (
                 SELECT
                 FROM pg_catalog.pg_roles AS r
                 WHERE NOT pg_catalog.has_function_privilege(r.oid, p.oid, 'EXECUTE')
                   AND pg_catalog.has_any_column_privilege(r.oid, i.indrelid, 'INSERT, UPDATE')
                   AND r.rolname::text OPERATOR(pg_catalog.!~) '^pg_'  -- such as pg_write_all_data
             )
           LIMIT 1
       ) AS denied
FROM pg_catalog.pg_index AS i
JOIN pg_catalog.pg_class AS t ON t.oid = i.indrelid
WHERE i.indexrelid = pg_catalog.to_regclass(%(name)s)::oid

-- Lists those of some tables that are unlogged, or have a partition that is: the server empties them after a crash.
-- A table with partitions has no rows of its own.
SELECT DISTINCT held.oid::regclass::text AS name,
       pg_catalog.format('ALTER TABLE %%s SET LOGGED;', held.oid::regclass) AS fix
FROM (
    {include with_partitions}
) AS held
JOIN pg_catalog.pg_class AS c ON c.oid = held.oid
WHERE c.relpersistence = 'u' AND c.relkind <> 'p'
ORDER BY name

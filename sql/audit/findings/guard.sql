-- guard: the unique index that stops a second refund is missing or not valid, in sweeper's own ledger or in the
-- app's: until it is back, `sweeper run` refuses to pay and another layer may refund twice.
-- To fix: `sweeper install` builds it again, and names the rows that are in its way.
SELECT guards.name AS sample,
       pg_catalog.count(*) OVER () AS found
FROM (
    SELECT 'refunds (session_id, attempt, again{if by_account}, account_id{end})' AS name,
           (
               SELECT true
               FROM pg_catalog.pg_index AS i
               JOIN pg_catalog.pg_class AS c ON c.oid = i.indrelid
               JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
               WHERE n.nspname = {schema_text} AND c.relname = 'refunds'
                 AND i.indisunique AND i.indisvalid AND i.indisready AND i.indimmediate AND i.indpred IS NULL
                 AND i.indnkeyatts = {if by_account}4{else}3{end}
                 AND ARRAY['session_id', 'attempt', 'again'{if by_account}, 'account_id'{end}] OPERATOR(pg_catalog.<@) ARRAY[
                     pg_catalog.pg_get_indexdef(i.indexrelid, 1, true),
                     pg_catalog.pg_get_indexdef(i.indexrelid, 2, true),
                     pg_catalog.pg_get_indexdef(i.indexrelid, 3, true){if by_account},
                     pg_catalog.pg_get_indexdef(i.indexrelid, 4, true){end}
                 ]
               LIMIT 1
           ) AS fit
    {if sharded}
    {else}
    {if ledger_guarded}
    UNION ALL
    SELECT s.guard_index,
           (
               SELECT i.indisunique AND i.indisvalid AND i.indisready AND i.indimmediate
               FROM pg_catalog.pg_index AS i
               WHERE i.indexrelid = pg_catalog.to_regclass(s.guard_index)::oid
           )
    FROM {settings} AS s
    WHERE s.guard_index IS NOT NULL
    {end}
    {end}
) AS guards
WHERE guards.fit IS NOT TRUE
ORDER BY guards.name

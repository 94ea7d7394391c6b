-- Lists the other schemas that have a refund ledger of sweeper's, installed or kept after uninstalling.
SELECT n.nspname AS schema_name
FROM pg_catalog.pg_namespace AS n
WHERE n.nspname <> %(schema_name)s
  AND (
      SELECT pg_catalog.count(*)
      FROM pg_catalog.pg_class AS c
      JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid
      WHERE c.relnamespace = n.oid
        AND (
            c.relname = 'refunds' AND a.attname IN ('refund_id', 'session_id', 'account_id', 'layer', 'run_id')
            OR c.relname = 'reversals' AND a.attname IN ('reversal_id', 'refund_id', 'made_by')
        )
  ) = 8
  AND pg_catalog.has_schema_privilege(n.oid, 'USAGE')
ORDER BY n.nspname

-- Lists the accounts of some sessions.
SELECT DISTINCT v.account_id::text AS account_id
{include mapped_rows}
  AND v.account_id IS NOT NULL
  AND v.amount::numeric > 0::numeric
LIMIT 20

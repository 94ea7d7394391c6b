-- Compares the accounts of some sessions with those that the app's ledger charged for them.
SELECT v.session_id::text AS session_id,
       v.account_id::text AS account,
       pg_catalog.min(charge.account) AS charged,
       pg_catalog.bool_or(charge.same) AS same
{include mapped_sessions}
CROSS JOIN LATERAL (
    SELECT l.{account_column}::text AS account,
           {include same_account} AS same
    FROM {ledger} AS l
    WHERE {ledger_session} {ledger_session_eq} v.session_id{ledger_session_as}
      AND l.{amount_column}::numeric < 0::numeric
      AND l.{account_column} IS NOT NULL
) AS charge
WHERE {include chosen}
GROUP BY 1, 2

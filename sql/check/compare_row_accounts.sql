-- For some sessions, the account that the app's ledger names in a column, and whether it is the account of the mapping.
SELECT v.session_id::text AS session_id,
       pg_catalog.min(entry.account) AS named,
       pg_catalog.min(known.account) AS found,
       pg_catalog.bool_or(entry.account OPERATOR(pg_catalog.=) known.account) AS same
{include mapped_sessions}
CROSS JOIN LATERAL (
    SELECT a.{column}::text AS account
    FROM {accounts} AS a
    WHERE {accounts_id} {account_eq} v.account_id
) AS known
CROSS JOIN LATERAL (
    SELECT l.{account_column}::text AS account
    FROM {ledger} AS l
    WHERE {ledger_session} {ledger_session_eq} v.session_id{ledger_session_as}
      AND l.{account_column} IS NOT NULL
) AS entry
WHERE {include chosen}
GROUP BY 1

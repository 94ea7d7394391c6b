-- Lists the values of a column in the app's ledger for some sessions: how many sessions have such a row, how many one
-- of their whole amount, and whether one gives credits, or is a refund by the file.
SELECT entry.kind,
       pg_catalog.count(DISTINCT v.session_id::text) AS sessions,
       pg_catalog.count(DISTINCT v.session_id::text) FILTER (WHERE entry.amount = v.amount::numeric) AS whole,
       pg_catalog.bool_or(entry.amount > 0::numeric) AS gives,
       pg_catalog.bool_or(entry.is_refund) AS is_refund,
       (pg_catalog.array_agg(DISTINCT v.session_id::text))[1:3] AS samples
{include mapped_sessions}
CROSS JOIN LATERAL (
    SELECT l.{column}::text AS kind,
           l.{amount_column}::numeric AS amount,
           ({ledger_where}) IS TRUE AS is_refund
    FROM {ledger} AS l
    WHERE {ledger_session} {ledger_session_eq} v.session_id{ledger_session_as}
      AND l.{column} IS NOT NULL
) AS entry
WHERE {include chosen}
  AND v.amount::numeric > 0::numeric
GROUP BY 1
ORDER BY 1
LIMIT 40

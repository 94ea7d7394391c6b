-- Which rows of the app's ledger look like refunds of sessions that would be paid, and are none by `ledger.where`.
SELECT v.session_id::text AS session_id,
       l.words
FROM {sessions} AS s
CROSS JOIN LATERAL (
    {include mapped}
) AS v
CROSS JOIN LATERAL (
    SELECT pg_catalog.concat_ws(' '{each texts ""}, l.{column}::text{end}) AS words
    FROM {ledger} AS l
    WHERE {ledger_session} {ledger_session_eq} v.session_id{ledger_session_as}
      AND ({ledger_where}) IS NOT TRUE
      AND l.{amount_column}::numeric > 0::numeric{if account_column}
      AND l.{account_column}::text = v.account_id::text{end}
    LIMIT 20
) AS l
WHERE {include chosen}
  AND NOT v.excluded
  AND v.amount::numeric > 0::numeric
  AND l.words ~* %(refund_words)s::text
  AND {include not_paid_yet}

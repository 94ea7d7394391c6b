-- Which rows of the app's ledger look like refunds of sessions that would be paid, and are none by `ledger.where`: by their
-- words, or because they give back most of what the session's other rows took.
SELECT v.session_id::text AS session_id,
       l.words
FROM {sessions} AS s
CROSS JOIN LATERAL (
    {include mapped}
) AS v
CROSS JOIN LATERAL (
    SELECT pg_catalog.string_agg(DISTINCT l.words, ', ') FILTER (WHERE l.amount > 0::numeric) AS words,
           pg_catalog.sum(l.amount) FILTER (WHERE l.amount > 0::numeric) AS up,
           -pg_catalog.sum(l.amount) FILTER (WHERE l.amount < 0::numeric) AS down,
           -- where no amount has a sign, words tell what came from what went
           pg_catalog.sum(l.amount) FILTER (WHERE l.words ~* %(up_words)s::text) AS came,
           pg_catalog.sum(l.amount) FILTER (WHERE l.words ~* %(down_words)s::text) AS went
    FROM (
        SELECT pg_catalog.concat_ws(' ', ''{each texts ""}, l.{column}::text{end}) AS words,
               l.{amount_column}::numeric AS amount
        FROM {ledger} AS l
        WHERE {ledger_session} {ledger_session_eq} v.session_id{ledger_session_as}
          AND ({ledger_where}) IS NOT TRUE{if account_column}
          AND l.{account_column}::text = v.account_id::text{end}
        LIMIT 100
    ) AS l
) AS l
WHERE {include chosen}
  AND NOT v.excluded
  AND v.amount::numeric > 0::numeric
  AND (l.words ~* %(refund_words)s::text
      OR l.up >= l.down / 2::numeric
      OR l.down IS NULL AND l.came >= l.went / 2::numeric)
  AND {include not_paid_yet}

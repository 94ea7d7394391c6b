-- Finds the keys of a JSON column by which some of the newest rows of the app's ledger, which `ledger.where` leaves out,
-- name sessions that would be paid: by their words they are refunds, of the session's account and its whole amount.
SELECT pair.key AS name,
       pg_catalog.array_agg(DISTINCT v.session_id::text) AS sessions
FROM (
    SELECT pg_catalog.to_jsonb(l.{column}) AS content,
           l.{amount_column}::numeric AS amount,
           l.{account_column}::text AS account,
           ({ledger_where}) IS NOT TRUE AS left_out,
           pg_catalog.concat_ws(' ', ''{each texts ""}, l.{column}::text{end}) AS words
    FROM {ledger} AS l
    ORDER BY l.{key} DESC
    LIMIT 20000
) AS l
CROSS JOIN LATERAL pg_catalog.jsonb_each_text(
    CASE WHEN pg_catalog.jsonb_typeof(l.content) = 'object' THEN l.content END
) AS pair (key, value)
JOIN (
    SELECT v.*
    {include mapped_rows}
) AS v
    ON v.session_id::text = pair.value
   AND v.account_id::text = l.account
   AND v.amount::numeric = pg_catalog.abs(l.amount)
WHERE l.left_out
  AND l.words ~* %(refund_words)s::text
GROUP BY pair.key
ORDER BY pg_catalog.count(DISTINCT v.session_id::text) DESC
LIMIT 20

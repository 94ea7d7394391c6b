-- Finds the keys of a JSON column by which some of the newest rows of the app's ledger, of which `ledger.session` gives
-- none, name sessions that would be paid: by their words they are refunds, of the session's account, that come to its
-- whole amount, and less than that is left of what the ledger took. A key that also names sessions of other accounts, of
-- other amounts, or that are not owed anything, is about something else.
SELECT found.name,
       pg_catalog.array_agg(found.session_id::text ORDER BY found.session_id::text) AS sessions
FROM (
    SELECT pair.key AS name,
           v.session_id,
           v.amount,
           pg_catalog.sum(l.amount) AS moved,
           v.owed
           AND pg_catalog.bool_and(l.account = v.account)
           AND pg_catalog.sum(l.amount) FILTER (WHERE l.gives_back) = v.amount AS refunded
    FROM (
        SELECT l.content,
               l.amount,
               l.account,
               l.words ~* %(refund_words)s::text AND l.made AS gives_back
        FROM (
            SELECT pg_catalog.to_jsonb(l.{column}) AS content,
                   l.{amount_column}::numeric AS amount,
                   l.{account_column}::text AS account,
                   ({ledger_where}) IS NOT TRUE AND ({ledger_session}) IS NULL AS left_out,
                   pg_catalog.concat_ws(' ', ''{each texts ""}, l.{column}::text{end}) AS words,
                   true{each states ""} AND (l.{column}::text ~* %(not_made)s::text) IS NOT TRUE{end} AS made
            FROM {ledger} AS l
            ORDER BY l.{key} DESC
            LIMIT 20000
        ) AS l
        WHERE l.left_out
    ) AS l
    CROSS JOIN LATERAL pg_catalog.jsonb_each_text(
        CASE WHEN pg_catalog.jsonb_typeof(l.content) = 'object' THEN l.content END
    ) AS pair (key, value)
    JOIN (
        SELECT v.session_id,
               v.account_id::text AS account,
               v.amount::numeric AS amount,
               v.status {status_eq} ANY ({failed})
               AND NOT v.excluded
               AND {include is_charged}
               AND {include not_paid_yet} AS owed
        {include mapped_rows}
    ) AS v ON v.session_id::text = pair.value
    GROUP BY pair.key, v.session_id, v.account, v.amount, v.owed
    HAVING pg_catalog.bool_or(l.gives_back)
) AS found
CROSS JOIN LATERAL (
    SELECT CASE WHEN found.refunded THEN -found.moved - coalesce((
        SELECT pg_catalog.sum(l.{amount_column}::numeric)
        FROM {ledger} AS l
        WHERE {ledger_session} {ledger_session_eq} found.session_id{ledger_session_as}
    ), 0::numeric) < found.amount END AS missed
) AS judged
GROUP BY found.name
HAVING pg_catalog.bool_and(judged.missed IS TRUE)
ORDER BY pg_catalog.count(*) DESC
LIMIT 20

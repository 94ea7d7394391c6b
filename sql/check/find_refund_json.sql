-- Which of some sessions are named inside the json of rows that look like their refunds, among a table's newest rows.
SELECT DISTINCT pair.value AS session_id,
       l.words
FROM (
    SELECT pg_catalog.to_jsonb(l.{link}) AS content,
           pg_catalog.concat_ws(' ', %(table_words)s::text{each texts ""}, l.{column}::text{end}) AS words
    FROM {table} AS l
    ORDER BY l.{key} DESC
    LIMIT 20000
) AS l
CROSS JOIN LATERAL pg_catalog.jsonb_each_text(
    CASE WHEN pg_catalog.jsonb_typeof(l.content) = 'object' THEN l.content END
) AS pair (key, value)
WHERE pair.value = ANY (%(session_ids)s::text[])
  AND (l.words ~* %(refund_words)s::text OR pair.key ~* %(refund_words)s::text)
LIMIT 1000

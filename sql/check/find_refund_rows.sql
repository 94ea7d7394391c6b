-- Which of some sessions have rows in another table of the app that look like their refunds, among its newest rows.
SELECT DISTINCT l.session AS session_id,
       l.words
FROM (
    SELECT l.{link}::text AS session,
           pg_catalog.concat_ws(' ', %(table_words)s::text{each texts ""}, l.{column}::text{end}) AS words
    FROM {table} AS l
    ORDER BY l.{key} DESC
    LIMIT 20000
) AS l
WHERE l.session = ANY (%(session_ids)s::text[])
  AND l.words ~* %(refund_words)s::text
LIMIT 1000

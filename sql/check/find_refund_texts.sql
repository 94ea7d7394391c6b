-- Which of some sessions are named in the middle of a text of rows that look like their refunds, among a table's newest rows.
SELECT DISTINCT wanted.session_id,
       l.words
FROM (
    SELECT pg_catalog.concat_ws(' ', ''{each texts ""}, l.{column}::text{end}) AS words
    FROM {table} AS l
    ORDER BY l.{key} DESC
    LIMIT 5000
) AS l
JOIN pg_catalog.unnest(%(session_ids)s::text[]) AS wanted (session_id)
    ON pg_catalog.strpos(l.words, wanted.session_id) > 0
WHERE l.words ~* %(refund_words)s::text
LIMIT 1000

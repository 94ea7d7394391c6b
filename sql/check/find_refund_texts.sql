-- Finds which of some sessions are named in a text of rows that look like their refunds, among a table's newest rows:
-- by an id that is too long to be anything else, or after the name of their table, as in "job:42" or "Job #42".
SELECT DISTINCT wanted.session_id,
       l.words
FROM (
    SELECT l.words,
           (pg_catalog.regexp_match(l.words, %(called)s::text, 'i'))[1] AS called
    FROM (
        SELECT pg_catalog.concat_ws(' ', ''{each texts ""}, l.{column}::text{end}) AS words
        FROM {table} AS l
        ORDER BY l.{key} DESC
        LIMIT 5000
    ) AS l
) AS l
JOIN pg_catalog.unnest(%(session_ids)s::text[]) AS wanted (session_id)
    ON l.called = wanted.session_id
    OR pg_catalog.length(wanted.session_id) >= 8 AND pg_catalog.strpos(l.words, wanted.session_id) > 0
WHERE l.words ~* %(refund_words)s::text
LIMIT 1000

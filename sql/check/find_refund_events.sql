-- Finds which of some sessions have an event in another table that says how many credits were given back: by its words,
-- and by a number in its JSON. Reads the table's newest rows.
SELECT DISTINCT l.session AS session_id
FROM (
    SELECT l.{link}::text AS session,
           pg_catalog.concat_ws(' ', ''{each texts ""}, l.{column}::text{end}) AS words,
           pg_catalog.to_jsonb(l.{column}) AS content
    FROM {table} AS l
    ORDER BY l.{key} DESC
    LIMIT 20000
) AS l
WHERE l.session = ANY (%(session_ids)s::text[])
  AND l.words ~* %(refund_words)s::text
  AND l.words !~* %(not_made)s::text
  AND EXISTS (
      SELECT
      FROM pg_catalog.jsonb_each_text(
          CASE WHEN pg_catalog.jsonb_typeof(l.content) = 'object' THEN l.content END
      ) AS pair (key, value)
      WHERE pair.value ~ '^[0-9]*[.]?[0-9]*$'
        AND pair.value ~ '[1-9]'
  )
LIMIT 1000

-- Finds which of some sessions have an event in another table that says that their credits were given back: by its words,
-- and by a number in its JSON or in a row that refers to it, or by a word that is all of a text. Reads the newest rows.
SELECT DISTINCT l.session AS session_id
FROM (
    SELECT l.{key} AS key,
           l.{link}::text AS session,
           pg_catalog.concat_ws(' ', ''{each texts ""}, l.{column}::text{end}) AS words,
           (false{each texts ""} OR l.{column}::text ~* %(said)s::text{end}) IS TRUE AS said,
           {if content}pg_catalog.to_jsonb(l.{content}){else}NULL::jsonb{end} AS content
    FROM {table} AS l
    ORDER BY l.{key} DESC
    LIMIT 20000
) AS l
WHERE l.session = ANY (%(session_ids)s::text[])
  AND l.words ~* %(refund_words)s::text
  AND l.words !~* %(not_made)s::text
  AND (l.said
      OR EXISTS (
          SELECT
          FROM pg_catalog.jsonb_each_text(
              CASE WHEN pg_catalog.jsonb_typeof(l.content) = 'object' THEN l.content END
          ) AS pair (key, value)
          WHERE pair.value ~ '^[0-9]*[.]?[0-9]*$'
            AND pair.value ~ '[1-9]'
      ){each parts ""}
      OR EXISTS (
          SELECT
          FROM {part} AS p
          WHERE p.{parent} {parent_eq} l.key
            AND p.{column}::numeric > 0::numeric
      ){end})
LIMIT 1000

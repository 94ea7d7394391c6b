-- Finds which of some sessions have an event in another table that speaks of a refund: whether a word that is all of a
-- text says it, and the numbers in its JSON and in rows that refer to it. Reads the newest rows.
SELECT l.session AS session_id,
       l.said,
       ARRAY(
           SELECT pair.value
           FROM pg_catalog.jsonb_each_text(
               CASE WHEN pg_catalog.jsonb_typeof(l.content) = 'object' THEN l.content END
           ) AS pair (key, value)
           WHERE pair.value ~ '^[0-9]*[.]?[0-9]*$'
             AND pair.value ~ '[1-9]'{each parts ""}
           UNION ALL
           SELECT p.{column}::text
           FROM {part} AS p
           WHERE p.{parent} {parent_eq} l.key
             AND p.{column}::numeric > 0::numeric{end}
       )::text[] AS numbers
FROM (
    SELECT l.{key} AS key,
           l.{link}::text AS session,
           pg_catalog.concat_ws(' ', ''{each texts ""}, l.{column}::text{end}) AS words,
           (false{each states ""} OR l.{column}::text ~* %(said)s::text{end}) IS TRUE AS said,
           {if content}pg_catalog.to_jsonb(l.{content}){else}NULL::jsonb{end} AS content
    FROM {table} AS l
    ORDER BY l.{key} DESC
    LIMIT 20000
) AS l
WHERE l.session = ANY (%(session_ids)s::text[])
  AND l.words ~* %(refund_words)s::text
  AND l.words !~* %(not_made)s::text
LIMIT 1000

-- Finds which of some sessions are named in the JSON of rows that look like their refunds, among a table's newest rows:
-- by their words, or because one adds as much as the session's other rows took.
SELECT DISTINCT l.session AS session_id,
       l.words,
       ARRAY[{each amounts ", "}l.{name}::text{end}]::text[] AS amounts,
       (false{each amounts ""} OR l.{name} > 0::numeric AND l.{name} = -l.down_{name}{end}) IS TRUE AS exact,
       pg_catalog.count(*) OVER (PARTITION BY l.session) AS rows
FROM (
    SELECT pair.value AS session,
           l.words || ' ' || pair.key AS words{each amounts ""},
           l.{name},
           pg_catalog.sum(l.{name}) FILTER (WHERE l.{name} < 0::numeric) OVER (PARTITION BY pair.value) AS down_{name}{end}
    FROM (
        SELECT pg_catalog.to_jsonb(l.{link}) AS content,
               pg_catalog.concat_ws(' ', %(table_words)s::text{each texts ""}, l.{column}::text{end}) AS words{each amounts ""},
               {if down}coalesce(l.{column}, 0)::numeric - coalesce(l.{down}, 0)::numeric{else}l.{column}::numeric{end} AS {name}{end}
        FROM {table} AS l
        ORDER BY l.{key} DESC
        LIMIT 20000
    ) AS l
    CROSS JOIN LATERAL pg_catalog.jsonb_each_text(
        CASE WHEN pg_catalog.jsonb_typeof(l.content) = 'object' THEN l.content END
    ) AS pair (key, value)
    WHERE pair.value = ANY (%(session_ids)s::text[])
) AS l
WHERE l.words ~* %(refund_words)s::text{each amounts ""}
   OR l.{name} > 0::numeric AND l.{name} = -l.down_{name}{end}
LIMIT 1000

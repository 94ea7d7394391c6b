-- Finds which of some sessions have rows in another table of the app that look like their refunds, among its newest
-- rows: by their words, or because one gives an account back all that the session's rows took of it.
SELECT DISTINCT l.session AS session_id,
       l.words,
       ARRAY[{each amounts ", "}l.{name}::text{end}]::text[] AS amounts,
       false{each amounts ""} OR l.whole_{name}{end} AS exact,
       pg_catalog.count(*) OVER (PARTITION BY l.session) AS rows
FROM (
    SELECT l.session,
           l.words,
           l.words ~* %(up_words)s::text AS came,
           pg_catalog.bool_or(l.words ~* %(down_words)s::text) OVER (PARTITION BY l.session) AS went{each amounts ""},
           l.{name},
           {include gives_all_back} AS whole_{name}{end}
    FROM (
        SELECT ({link})::text AS session,
               {if account_column}l.{account_column}::text{else}NULL::text{end} AS account,
               pg_catalog.concat_ws(' ', %(table_words)s::text{each texts ""}, l.{column}::text{end}) AS words,
               (false{each texts ""} OR l.{column}::text ~* %(denied)s::text{end}) IS TRUE AS denied{each amounts ""},
               {if down}coalesce(l.{column}, 0)::numeric - coalesce(l.{down}, 0)::numeric{else}l.{column}::numeric{end} AS {name}{end}
        FROM {table} AS l
        ORDER BY l.{key} DESC
        LIMIT 20000
    ) AS l
    WHERE l.session = ANY (%(session_ids)s::text[])
      AND NOT l.denied
    WINDOW of_session AS (PARTITION BY l.session), of_account AS (PARTITION BY l.session, l.account)
) AS l
WHERE {if unnamed}l.words ~* %(refund_words)s::text
  AND (false{each amounts ""} OR l.whole_{name}{end}){else}l.words ~* %(refund_words)s::text
   OR l.came AND l.went{each amounts ""}
   OR l.whole_{name}{end}{end}
LIMIT 1000

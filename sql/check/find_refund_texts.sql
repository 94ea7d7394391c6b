-- Finds which of some sessions are named in a text of rows that look like their refunds, among a table's newest rows:
-- by an id that is too long to be anything else, or after the name of their table, as in "job:42" or "Job #42". A row
-- looks like a refund by its words, or because it gives an account back all that the session's rows took of it.
WITH spoken AS MATERIALIZED (  -- or the pattern is tried again for each of the sessions
    SELECT l.*,
           ARRAY(  -- all of them: a kind such as job_refund comes before the id
               SELECT found.parts[1]
               FROM pg_catalog.regexp_matches(l.words, %(called)s::text, 'gi') AS found (parts)
           ) AS called
    FROM (
        SELECT {if account_column}l.{account_column}::text{else}NULL::text{end} AS account,
               pg_catalog.concat_ws(' ', ''{each texts ""}, l.{column}::text{end}) AS words{each amounts ""},
               {if down}coalesce(l.{column}, 0)::numeric - coalesce(l.{down}, 0)::numeric{else}l.{column}::numeric{end} AS {name}{end}
        FROM {table} AS l
        ORDER BY l.{key} DESC
        LIMIT 5000
    ) AS l
)
SELECT DISTINCT l.session_id,
       l.words,
       ARRAY[{each amounts ", "}l.{name}::text{end}]::text[] AS amounts,
       false{each amounts ""} OR l.whole_{name}{end} AS exact,
       pg_catalog.count(*) OVER (PARTITION BY l.session_id) AS rows
FROM (
    SELECT wanted.session_id,
           l.words{each amounts ""},
           l.{name},
           {include gives_all_back} AS whole_{name}{end}
    FROM spoken AS l
    JOIN pg_catalog.unnest(%(session_ids)s::text[]) AS wanted (session_id)
        ON wanted.session_id = ANY (l.called)
        OR pg_catalog.length(wanted.session_id) >= 8 AND pg_catalog.strpos(l.words, wanted.session_id) > 0
    WINDOW of_session AS (PARTITION BY wanted.session_id), of_account AS (PARTITION BY wanted.session_id, l.account)
) AS l
WHERE l.words ~* %(refund_words)s::text{each amounts ""}
   OR l.whole_{name}{end}
LIMIT 1000

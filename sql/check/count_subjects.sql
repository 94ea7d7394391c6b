-- What the newest rows of a table refer to, by their kind: how many name a session by its number, how many of those
-- also name the session's account, and for which of these sessions the file's subquery gives a value.
SELECT l.kind,
       pg_catalog.count(*) AS rows,
       pg_catalog.count(*) FILTER (WHERE found.session_id IS NOT NULL) AS known,
       pg_catalog.count(*) FILTER (WHERE found.account OPERATOR(pg_catalog.=) l.account) AS same,
       coalesce(pg_catalog.bool_and(l.account IS NOT NULL AND found.account IS NOT NULL) FILTER (WHERE found.session_id IS NOT NULL), false) AS has_account,
       coalesce((pg_catalog.array_agg(DISTINCT found.session_id) FILTER (WHERE found.session_id IS NOT NULL))[1:2000], '{}') AS about,
       coalesce((pg_catalog.array_agg(DISTINCT found.session_id) FILTER (WHERE found.has_value))[1:2000], '{}') AS valued
FROM (
    SELECT l.{kind_column}::text AS kind,
           l.{column} AS about,
           {if account_column}l.{account_column}::text{else}NULL::text{end} AS account
    FROM {table} AS l
    WHERE l.{column} IS NOT NULL
      AND l.{kind_column} IS NOT NULL
      AND ({filter})
    ORDER BY l.{key} DESC
    LIMIT 5000
) AS l
LEFT JOIN LATERAL (
    SELECT {session_id}::text AS session_id,
           ({account})::text AS account,
           ({value})::text NOT IN ('', '0', 'f', 'false') AS has_value
    FROM {sessions} AS s
    WHERE {session_id} {session_eq} l.about::text::{session_type}
    LIMIT 1
) AS found ON true
GROUP BY l.kind
ORDER BY l.kind
LIMIT 40

-- Lists sessions that refer to some rows, such as to some accounts. Asking for one more than needed shows whether there
-- are more.
SELECT {session_id}::text AS session_id,
       ({owner})::text AS owner{if bounded},
       {started_at}::text AS started_at,
       extract(epoch FROM {started_at})::float8 AS epoch{end}
FROM {sessions} AS s
WHERE {owner} {owner_eq} ANY (ARRAY(SELECT pg_catalog.unnest(%(ids)s::text[]::{owner_type}[])))
LIMIT %(most)s::bigint

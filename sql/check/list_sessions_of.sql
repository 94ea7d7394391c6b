-- Lists sessions that name some rows, such as those of some accounts; whoever asks for one too many sees that there are more.
SELECT {session_id}::text AS session_id,
       ({owner})::text AS owner
FROM {sessions} AS s
WHERE {owner} {owner_eq} ANY (ARRAY(SELECT pg_catalog.unnest(%(ids)s::text[]::{owner_type}[])))
LIMIT %(most)s::bigint

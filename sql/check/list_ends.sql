-- Lists for some sessions whether each has an end time, and an error.
SELECT {session_id}::text AS session_id,
       {status}::text AS status,
       ({ended_at}) IS NOT NULL AS ended,
       ({error} <> '') IS TRUE AS failed
FROM {sessions} AS s
WHERE {include chosen}

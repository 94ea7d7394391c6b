-- Lists which of several columns have a value for each of some sessions: not null, and no empty text or JSON.
SELECT {session_id}::text AS session_id,
       {status}::text AS status,
       ARRAY[{each columns ", "}(s.{column}::text NOT IN ('', '{}', '[]', 'null')) IS TRUE{end}]::boolean[] AS filled
FROM {sessions} AS s
WHERE {include chosen}

-- Counts by status how many of some sessions have a value in each of several columns: not null, and no empty text or
-- JSON.
SELECT {status}::text AS status,
       pg_catalog.count(*) AS sessions,
       ARRAY[{each columns ", "}pg_catalog.count(*) FILTER (WHERE s.{column}::text NOT IN ('', '{}', '[]', 'null')){end}]::bigint[] AS counts,
       ARRAY[{each columns ", "}pg_catalog.min({session_id}::text) FILTER (WHERE s.{column}::text NOT IN ('', '{}', '[]', 'null')){end}]::text[] AS samples
FROM {sessions} AS s
WHERE {include chosen}
GROUP BY 1

-- Reads how long some running sessions have run, when they last showed a sign of life, and whether they have a
-- deadline, one that had passed when they began, or one that lies ahead.
SELECT v.session_id::text AS session_id,
       v.status::text AS status,
       extract(epoch FROM %(as_of)s::timestamptz - v.started_at)::float8 AS age,
       extract(epoch FROM v.beat - v.started_at)::float8 AS moved,
       v.beat IS NULL AS silent,
       -- such as the year 9999, which some apps write for never
       v.deadline IS NULL OR v.deadline > %(as_of)s::timestamptz + interval '100 years' AS endless,
       (v.deadline <= v.started_at + interval '1 min') IS TRUE AS over,
       v.deadline > %(as_of)s::timestamptz AS lies_ahead
FROM (
    SELECT {session_id} AS session_id,
           {status} AS status,
           ({started_at})::timestamptz AS started_at,
           ({beat})::timestamptz AS beat,
           ({deadline})::timestamptz AS deadline
    FROM {sessions} AS s
    WHERE {include chosen}
) AS v
WHERE pg_catalog.isfinite(v.started_at)
  AND (v.beat IS NULL OR pg_catalog.isfinite(v.beat))

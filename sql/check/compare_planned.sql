-- Compares several times of some sessions with the last sign of life and with the end: how much later than the one they
-- are where they lie ahead, and whether the end came after them; a lease that the end of the work sets is no plan.
SELECT v.session_id,
       ARRAY[{each columns ", "}CASE WHEN v.time_{place} > %(as_of)s::timestamptz THEN extract(epoch FROM v.time_{place} - v.beat)::float8 END{end}]::float8[] AS ahead,
       ARRAY[{each columns ", "}v.ended_at > v.time_{place} + interval '1 second'{end}]::boolean[] AS passed
FROM (
    SELECT {session_id}::text AS session_id,
           coalesce(({beat})::timestamptz, ({started_at})::timestamptz) AS beat,
           ({ended_at})::timestamptz AS ended_at{each columns ""},
           nullif(nullif(s.{column}::timestamptz, 'infinity'::timestamptz), '-infinity'::timestamptz) AS time_{place}{end}
    FROM {sessions} AS s
    WHERE {include chosen}
) AS v

-- Measures how many seconds after its start, as the mapping reads it, each session's earliest row in the app's ledger
-- was written, leaving out refunds. Reads the newest rows, whose time must have a zone.
SELECT own.session_id::text AS session_id,
       pg_catalog.round(extract(epoch FROM earliest.at - own.started_at))::bigint AS behind
FROM (
    SELECT l.session,
           pg_catalog.min(l.at) AS at
    FROM (
        SELECT {ledger_session} AS session,
               l.{moment}::timestamptz AS at,
               ({ledger_where}) IS TRUE AS is_refund
        FROM {ledger} AS l
        ORDER BY l.{key} DESC
        LIMIT 2000
    ) AS l
    WHERE NOT l.is_refund
      AND l.session IS NOT NULL
    GROUP BY l.session
) AS earliest
-- in a subquery of its own, because a bare name in the file could be a column of another table
JOIN (
    SELECT {session_id} AS session_id,
           ({started_at})::timestamptz AS started_at
    FROM {sessions} AS s
) AS own ON earliest.session {ledger_session_eq} own.session_id{ledger_session_as}
WHERE pg_catalog.isfinite(own.started_at)
  AND pg_catalog.isfinite(earliest.at)
ORDER BY 1

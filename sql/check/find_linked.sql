-- Counts how many of the newest refunds in the app's ledger name a session that exists, and how many one that does not.
SELECT pg_catalog.count(*) AS rows,
       pg_catalog.count(*) FILTER (WHERE l.is_linked) AS linked,
       pg_catalog.min(l.session) FILTER (WHERE NOT l.is_linked) AS sample
FROM (
    SELECT newest.session::text AS session,
           EXISTS (
               SELECT
               FROM {sessions} AS s
               WHERE newest.session {ledger_session_eq} {session_id}{ledger_session_as}
           ) AS is_linked
    FROM (
        SELECT {ledger_session} AS session
        FROM {ledger} AS l
        WHERE ({ledger_where}) IS TRUE
          AND {ledger_session} IS NOT NULL
        ORDER BY l.{key} DESC
        LIMIT 50
    ) AS newest
) AS l

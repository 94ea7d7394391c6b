-- Lists the numbers above zero in a JSON column of the newest ledger rows about sessions, by key, with one session for
-- each key.
SELECT pair.key AS name,
       pg_catalog.count(DISTINCT l.session) AS sessions,
       pg_catalog.min(l.session) AS sample
FROM (
    SELECT newest.session::text AS session,
           newest.entries
    FROM (
        SELECT {ledger_session} AS session,
               pg_catalog.to_jsonb(l.{column}) AS entries
        FROM {ledger} AS l
        ORDER BY l.{key} DESC
        LIMIT 2000
    ) AS newest
    WHERE EXISTS (
        SELECT
        FROM {sessions} AS s
        WHERE newest.session {ledger_session_eq} {session_id}{ledger_session_as}
    )
) AS l
CROSS JOIN LATERAL pg_catalog.jsonb_each(
    CASE WHEN pg_catalog.jsonb_typeof(l.entries) = 'object' THEN l.entries END
) AS pair (key, value)
WHERE CASE WHEN pg_catalog.jsonb_typeof(pair.value) = 'number' THEN pair.value::numeric > 0::numeric END
GROUP BY pair.key
ORDER BY pair.key
LIMIT 100

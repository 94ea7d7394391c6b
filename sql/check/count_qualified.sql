-- For some sessions that the app's ledger charged, which of several conditions are true of a row of the charge.
SELECT {session_id}::text AS session_id,
       taken.met AS met
FROM {sessions} AS s
CROSS JOIN LATERAL (
    SELECT ARRAY[{each qualifiers ", "}pg_catalog.bool_or({qualifier}) IS TRUE{end}]::boolean[] AS met,
           pg_catalog.count(*) AS rows
    FROM {ledger} AS l
    WHERE {ledger_session} {ledger_session_eq} {session_id}{ledger_session_as}
      AND {include takes_credits}
) AS taken
WHERE {include chosen}
  AND taken.rows > 0

-- For some sessions that the app's ledger charged, which of several conditions are true of a row of the charge.
SELECT {session_id}::text AS session_id,
       ARRAY[{each qualifiers ", "}pg_catalog.bool_or(charge.met_{place}){end}]::boolean[] AS met
FROM {sessions} AS s
CROSS JOIN LATERAL (
    SELECT {each qualifiers ", "}({qualifier}) IS TRUE AS met_{place}{end}
    FROM {ledger} AS l
    WHERE {ledger_session} {ledger_session_eq} {session_id}{ledger_session_as}
      AND {include takes_credits}
) AS charge
WHERE {include chosen}
GROUP BY 1

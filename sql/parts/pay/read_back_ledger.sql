-- For an app with a ledger of its own: there must be exactly one row, with the amounts that were intended.
WHEN (
    SELECT pg_catalog.count(*) <> 1 OR pg_catalog.bool_and({include as_meant}) IS NOT TRUE
    FROM (
        SELECT {each meant ", "}l.{column}{end}
        FROM {ledger} AS l
        WHERE {ledger_session}
              {ledger_session_eq} r.session_id{ledger_session_as}
          AND {ledger_attempt}
              {ledger_attempt_eq} r.attempt{ledger_attempt_as}
          AND {ledger_where}
    ) AS l
    CROSS JOIN (
        {if ledger_reads_session}
        SELECT value.*
        FROM {sessions} AS s
        CROSS JOIN LATERAL (
            {include meant}
        ) AS value
        WHERE {session_id} {session_eq} r.session_id
        {else}
        {include meant}
        {end}
    ) AS meant
) THEN 'what is in the app''s ledger is not what was meant: a trigger or a rule changes it'

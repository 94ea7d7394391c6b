-- For an app with a ledger of its own: exactly one row, and the amounts in it are those that were meant.
WHEN (
    SELECT pg_catalog.count(*) <> 1 OR pg_catalog.bool_and({include as_meant}) IS NOT TRUE
    FROM {ledger} AS l
    {if ledger_reads_session}
    JOIN {sessions} AS s ON {session_id} {session_eq} r.session_id
    {end}
    CROSS JOIN LATERAL (
        SELECT {if meant}{each meant ", "}{value} AS {name}{end}{else}1{end}
        FROM (
            SELECT r.refund_id,
                   r.session_id,
                   r.account_id,
                   r.attempt,
                   r.amount::{amount_type} AS amount,
                   r.reason,
                   r.detail,
                   r.layer,
                   r.run_id,
                   r.created_at AS at
        ) AS refund
    ) AS meant
    WHERE {ledger_session}
          {ledger_session_eq} r.session_id{ledger_session_as}
      AND {ledger_attempt}
          {ledger_attempt_eq} r.attempt{ledger_attempt_as}
      AND {ledger_where}
) THEN 'what is in the app''s ledger is not what was meant: a trigger or a rule changes it'

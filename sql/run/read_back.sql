-- read back: which refunds of this batch are wrong after all triggers of the app: the session is gone, is not failed,
-- or reads as another charge (it would be paid again); or the app's ledger does not have what was intended; or more is
-- refunded than was charged, because the sessions of one charge, which a batch reads together, are each owed all of it.
SELECT read.session_id,
       read.problem{if status_written}{else},
       read.hold_reason{end}
FROM (
    SELECT r.session_id::text AS session_id,
           CASE WHEN now.session_id IS NULL THEN 'the session is gone'
                WHEN (now.attempt {attempt_eq} r.attempt) IS NOT TRUE
                    THEN 'sessions.attempt is another after the refund: it would be paid again'
                WHEN (now.status {status_eq} ANY ({failed})) IS NOT TRUE
                    THEN {if status_written}'the session is not over: something sets it back as it is refunded'{else}'the session is not over after its refund: neither [sessions.close] nor a trigger on the refunds closes it'{end}
                {if ledger}
                -- in the app's ledger there must be exactly one row, with the amounts that were intended
                WHEN (
                    SELECT pg_catalog.count(*) <> 1 OR pg_catalog.bool_and({if meant}{each meant " AND "}l.{column}::{type}{if as_text}::text{end} IS NOT DISTINCT FROM meant.{name}::{type}{if as_text}::text{end}{end}{else}true{end}) IS NOT TRUE
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
                {end}
                {if sums_charged}
                WHEN now.charged::{charged_type}::numeric < -r.amount * {charged_tolerance}::numeric
                    THEN 'sessions.charged is below zero after the refund: more would be given back than was taken'
                {end}
                {if sums_amount}
                WHEN now.amount::{amount_type}::numeric < -r.amount * {amount_tolerance}::numeric
                    THEN 'sessions.amount is below zero after the refund: more would be given back than was taken'
                {end}
           END AS problem{if status_written}{else},
           CASE WHEN now.session_id IS NOT NULL AND (now.status {status_eq} ANY ({failed})) IS NOT TRUE
               THEN 'not_closed'
           END AS hold_reason{end}
    FROM {refunds} AS r
    LEFT JOIN LATERAL (
        SELECT {session_id} AS session_id,
               {attempt} AS attempt,
               {status} AS status{if sums_charged},
               {charged} AS charged{end}{if sums_amount},
               {amount} AS amount{end}
        {include session_of_refund}
    ) AS now ON true
    WHERE r.refund_id = ANY ({if by_account}%(refund_ids)s::text::uuid[]{else}ARRAY(SELECT pg_catalog.unnest(%(refund_ids)s::text::uuid[])){end})
      {if by_account}
      AND r.account_id {account_eq} ANY (%(accounts)s::text[]::{account_type}[])
      {end}
) AS read
WHERE read.problem IS NOT NULL

-- A view of all that the mapping reads, which is rolled back: the server notes which columns it depends on.
-- Each of the app's expressions sees its own s alone: a column of ours in its reach could be taken for the app's.
CREATE TEMPORARY VIEW sweeper_probe AS
SELECT v.session_id,
       v.account_id,
       v.attempt,
       v.status,
       v.started_at,
       v.active_at,
       v.failed_at,
       v.amount,
       v.excluded,
       v.error{if charged},
       v.charged{end}
FROM {sessions} AS s
CROSS JOIN LATERAL (
        {include mapped}
) AS v
CROSS JOIN (
    SELECT
    FROM {sessions} AS s
    CROSS JOIN LATERAL (
        SELECT {each closing ", "}{value} AS {name}{end}
    ) AS closed
) AS closing
CROSS JOIN (
    SELECT
    FROM {sessions} AS s
    CROSS JOIN LATERAL (
        SELECT {also_read}
    ) AS also
) AS reading
-- what is closed is also read: with the fence, a session that had failed already keeps what it has there
CROSS JOIN (
    SELECT {status_column}{each closing ""}, {column}{end}
    FROM {sessions} AS s
) AS kept
{if accounts}
LEFT JOIN LATERAL (
    SELECT {accounts_id} AS account_key,
           {balance} AS balance,
           {account_condition} AS account_condition,
           ROW ({each moved_columns ", "}a.{column}{end}) AS moved
    FROM {accounts} AS a
) AS account ON true
{end}
{if ledger}
LEFT JOIN LATERAL (
    SELECT {ledger_session} AS session_key,
           {ledger_attempt} AS ledger_attempt,
           ({ledger_guard}) AS guarded,
           ({ledger_where}) AS counted,
           ROW ({if meant}{each meant ", "}l.{column}{end}{else}true{end}) AS amounts
    FROM {ledger} AS l
) AS entry ON true
{end}

-- Creates a view of everything that the mapping reads, which is rolled back: the server records the columns that it
-- depends on. Each of the app's expressions can see only its own s, so that it does not pick up a column of ours.
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
    CROSS JOIN (
        SELECT {each refund_names ", "}f.{name} AS sweeper_{name}{end}
        FROM {refund_sample} AS f
    ) AS sweeper_owed
    CROSS JOIN LATERAL (
        SELECT {each written ", "}{value} AS {name}{end}
    ) AS values_written
) AS writing
CROSS JOIN (
    SELECT
    FROM {sessions} AS s
    CROSS JOIN LATERAL (
        SELECT {also_read}
    ) AS also
    CROSS JOIN LATERAL (
        -- what a refund sets, the app's own refunds have set before
        SELECT ROW ({each updated ", "}s.{column}{end}) AS of_past
    ) AS marks
) AS reading
{if accounts}
LEFT JOIN LATERAL (
    SELECT {accounts_id} AS account_key,
           {balance} AS balance,
           {account_condition} AS account_condition,
           ({account_active}) AS active,
           ROW ({if moves}{each moves ", "}a.{column}{end}{else}true{end}) AS moved
    FROM {accounts} AS a
) AS account ON true
{end}
{if shares}
CROSS JOIN (
    SELECT
    FROM {sessions} AS s
    CROSS JOIN {accounts} AS a
    CROSS JOIN LATERAL (
        SELECT ROW ({each shares ", "}{value}{end}) AS taken
        FROM {refund_sample} AS refund
    ) AS share
) AS shares
{end}
{if ledger}
CROSS JOIN (
    SELECT
    FROM {sessions} AS s
    CROSS JOIN LATERAL (
        SELECT ROW ({each ledger_values ", "}{value}{end}) AS inserted,
               ROW ({each reverse_values ", "}{value}{end}) AS taken_back
        FROM {refund_sample} AS refund
    ) AS entry_written
) AS written
LEFT JOIN LATERAL (
    SELECT {ledger_session} AS session_key,
           {ledger_attempt} AS ledger_attempt,
           ({ledger_guard}) AS guarded,
           ({ledger_where}) AS counted,
           {if spaced}
           ROW ({at_column}, {payer_column}) AS in_time,
           {end}
           ROW ({if meant}{each meant ", "}l.{column}{end}{else}true{end}) AS amounts,
           -- what a rehearsal compares with the rows that the app wrote itself
           ROW ({each ledger_values ", "}l.{column}{end}) AS compared{if past},
           ROW (({past_where}), {past_session}, {past_account}, {past_amount}) AS past{end}
    FROM {ledger} AS l
) AS entry ON true
{end}

-- Plans, without running it, the insert into the app's ledger: the server reports a value that does not fit its column.
EXPLAIN INSERT INTO {ledger} ({each values ", "}{column}{end})
{if reads_session}
SELECT written.*
FROM {sessions} AS s
CROSS JOIN LATERAL (
    SELECT value.*
    FROM {refund_sample} AS refund
    CROSS JOIN LATERAL (
        SELECT {each values ", "}{value}{end}
    ) AS value
) AS written
{else}
SELECT {each values ", "}{value}{end}
FROM {refund_sample} AS refund
{end}

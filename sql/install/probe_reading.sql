-- A view of all that the mapping reads, which is rolled back: the server notes which columns it depends on.
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
       v.error
FROM {sessions} AS s
CROSS JOIN LATERAL (
        {include mapped}
) AS v
CROSS JOIN LATERAL (
    SELECT {closed_values}
) AS closed
CROSS JOIN LATERAL (
    SELECT {also_read}
) AS also
{include read_account}
{include read_ledger}

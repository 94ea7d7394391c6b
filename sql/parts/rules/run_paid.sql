-- Whether a run, r, has paid anything. One that died did not record that, but its refunds have its id.
(
    r.sessions > 0
    OR r.ended_at IS NULL
    {if by_account}
    -- the runs are on this server alone, and the refunds on several
    AND r.run_id IN (SELECT DISTINCT refund.run_id FROM {refunds} AS refund WHERE {include of_open_runs})
    {else}
    AND EXISTS (
        SELECT
        FROM {refunds} AS refund
        WHERE refund.created_at = r.as_of AND refund.run_id = r.run_id
    )
    {end}
)

-- Whether a run, r, has paid anything. A run that died did not record it, but refunds have its id.
(
    r.sessions > 0
    OR r.ended_at IS NULL
    {if by_account}
    -- with Citus, runs are on this server alone and refunds on several
    AND r.run_id IN (SELECT DISTINCT refund.run_id FROM {refunds} AS refund WHERE {include of_open_runs})
    {else}
    AND EXISTS (
        SELECT
        FROM {refunds} AS refund
        WHERE refund.created_at = r.as_of AND refund.run_id = r.run_id
    )
    {end}
)

-- A condition: neither sweeper's own ledger nor the app's has the refund.
AND NOT EXISTS (
    SELECT
    FROM {refunds} AS r
    WHERE r.session_id {session_eq} v.session_id AND r.attempt {attempt_eq} v.attempt
    {if by_account}
    {include refund_here}
    {end}
){if ledger}
{include not_in_app_ledger}{end}

-- A condition: the app's own ledger does not have the refund.
AND NOT EXISTS (
    SELECT
    FROM {ledger} AS l
    WHERE {include in_app_ledger}
)

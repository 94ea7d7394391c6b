-- Whether the app's own ledger has the refund. In a subquery, the app's bare names mean columns of the subquery's own
-- table first.
(
    SELECT true
    FROM {ledger} AS l
    WHERE {include in_app_ledger}
    LIMIT 1
)

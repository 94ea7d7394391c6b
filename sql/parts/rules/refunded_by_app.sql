-- Whether the app's own ledger has the refund. A subquery's own table is what the app's bare names mean first.
(
    SELECT true
    FROM {ledger} AS l
    WHERE {include in_app_ledger}
    LIMIT 1
)

-- Why a run would put an owed session on hold; null when it would refund it.
coalesce(
    {include hold_reason},
    (
        SELECT {include unfit_as_planned}
        FROM {include planned} AS refund
    )
)

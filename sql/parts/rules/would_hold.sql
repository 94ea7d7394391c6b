-- Why a run would put an owed session on hold; null when it would refund it.
coalesce(
    {include hold_reason},
    (
        SELECT {include unfit}
        FROM (
            SELECT
                {include planned_refund}
        ) AS refund
    )
)

-- look: a page of what a run would find, for a dry run. Locks nothing and writes nothing.
SELECT due.session_id::text AS session_id,
       due.account_id::text AS account_id,
       due.started_at::text AS started_at,
       due.amount::text AS amount,
       due.reason,
       -- a date may be infinite, and before Postgres 17 subtracting one is an error
       CASE WHEN pg_catalog.isfinite(due.owed_from) THEN extract(epoch FROM due.at - due.owed_from)
            ELSE 'Infinity'
       END::float8 AS age_seconds,
       CASE WHEN due.hold_reason IS NOT NULL THEN due.hold_reason
            ELSE {if by_account}due.unfit{else}(
                SELECT {include unfit_as_planned}
                FROM (SELECT due.*) AS refund
            ){end}
       END AS hold_reason,
       due.on_hold,
       pg_catalog.length(due.detail) AS detail_length  -- a run writes the text: a dry run must fail with it, too
FROM (
    SELECT v.started_at,
           {include owed_from} AS owed_from,
           {include hold_reason} AS hold_reason,
           {include on_hold} AS on_hold,
           {include planned_refund}{if by_account},
           -- on the nodes: beside a page of them Citus reads no other rows
           (
               SELECT {include unfit}
               FROM {include planned} AS refund
           ) AS unfit{end}
    {include live_reading}
    WHERE {include is_live}
      AND {include near_reach}
      AND CASE WHEN {include in_scope} THEN {include verdict} = 'owed' END
    ORDER BY v.started_at, v.session_id
    LIMIT %(page_size)s::bigint
) AS due
ORDER BY due.started_at, due.session_id

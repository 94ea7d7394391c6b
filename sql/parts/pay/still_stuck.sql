-- Whether a running session, s, is stuck by now, by its own row alone: a condition of an UPDATE, after others.
AND {status} {status_eq} ANY ({running})
AND {active_at}
    <= (%(stuck_before)s::timestamptz[])[pg_catalog.array_position({running}, {status})]
AND ({exclude}) IS NOT TRUE

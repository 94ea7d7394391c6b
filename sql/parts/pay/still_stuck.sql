-- Whether a running session, s, is still stuck, by its own row alone: a further condition of an UPDATE.
AND {status} {status_eq} ANY ({running})
AND {active_at}
    <= (%(stuck_before)s::timestamptz[])[pg_catalog.array_position({running}, {status})]
AND ({exclude}) IS NOT TRUE

-- Whether a running session has shown a sign of life recently, or has none that could be too old.
v.status {status_eq} ANY ({running}) AND (
    v.active_at <= (%(stuck_before)s::timestamptz[])[pg_catalog.array_position({running}, v.status)]
) IS NOT TRUE

-- Whether a running session has shown a sign of life of late, or none that could be too old.
v.status IN ({running}) AND (
            v.active_at <= (%(stuck_before)s::timestamptz[])[pg_catalog.array_position(%(running)s::text[], v.status::text)]
        ) IS NOT TRUE

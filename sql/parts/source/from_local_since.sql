-- Whether a session started since a moment, where the app's times have no zone: by the time with the zone, because clocks
-- may repeat an hour. The bound of a day is for the index, and so that no time out of range is converted.
v.started_at >= (%(since)s::timestamptz - interval '1 day')::{started_type}
AND (
    v.started_at >= '9999-01-01'::{started_type}
    OR v.started_at::timestamptz >= %(since)s::timestamptz
)

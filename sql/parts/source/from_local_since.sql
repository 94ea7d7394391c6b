-- Whether a session started since a moment, where the app's times have no zone: near the moment by the time with the
-- zone, because clocks may repeat an hour. The bounds of a day are for the index, and so that no other row is
-- converted.
v.started_at >= (%(since)s::timestamptz - interval '1 day')::{started_type}
AND (
    v.started_at >= (%(since)s::timestamptz + interval '1 day')::{started_type}
    OR v.started_at::timestamptz >= %(since)s::timestamptz
)

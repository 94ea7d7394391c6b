-- The same where the app's times have no zone: near the floor by the moment that they are read as, for the clock may
-- repeat an hour; the bounds of a day are for the index, and so that no other row is converted.
v.started_at >= (%(since)s::timestamptz - interval '1 day')::{started_type}
AND (
    v.started_at >= (%(since)s::timestamptz + interval '1 day')::{started_type}
    OR v.started_at::timestamptz >= %(since)s::timestamptz
)

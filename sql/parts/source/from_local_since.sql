-- Whether a session started since a moment, where the app's times have no zone: by the time with the zone, because clocks
-- may repeat an hour, and the moment may be in the first of the two. The server reads a time that occurs twice as the
-- later one, so what is not earlier on the clock need not be converted: that takes time, and the latest times that the
-- type has may then be out of range. The bound of a day is for the index.
v.started_at >= (%(since)s::timestamptz - interval '1 day')::{started_type}
AND (
    v.started_at >= %(since)s::timestamptz::{started_type}
    OR v.started_at::timestamptz >= %(since)s::timestamptz
)

-- Which sessions this run looks at, whatever their status. Binds alone decide between the alternatives, so that the
-- planner keeps only the one that applies. The start of a session that is not asked for is not read: it may fail.
(
    {include asked_for}
)
AND CASE
    WHEN {include asked_for}
    THEN (
        {include without_start}
        OR %(dates)s::text = 'known'
        {if zoned_starts}
        AND v.started_at >= %(since)s::timestamptz::{started_type}
        {else}
        -- by the time with the zone, because clocks may repeat an hour, and the bound may be in the first of the two. The
        -- server reads a time that occurs twice as the later one, so what is not earlier on the clock is not converted:
        -- that takes time, and fails for the latest times that the type has. The bound of a day is for the index
        AND v.started_at >= (%(since)s::timestamptz - interval '1 day')::{started_type}
        AND (
            v.started_at >= %(since)s::timestamptz::{started_type}
            OR v.started_at::timestamptz >= %(since)s::timestamptz
        )
        {end}
        AND (
            %(until)s::timestamptz IS NULL
            OR v.started_at < (%(until)s::timestamptz + interval '1 day')::{started_type}
            -- nor is a row converted that is long before: a zone may put the earliest times out of range
            AND (
                v.started_at < (%(until)s::timestamptz - interval '1 day')::{started_type}
                OR v.started_at::timestamptz < %(until)s::timestamptz
            )
        )
        AND (
            {include after_place}
        )
    )
END

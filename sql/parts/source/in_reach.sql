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
        AND {if zoned_starts}v.started_at >= %(since)s::timestamptz::{started_type}{else}{include from_local_since}{end}
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

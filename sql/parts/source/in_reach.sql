-- Which sessions this run looks at, whatever their status. Binds alone decide between the alternatives, so that the
-- planner keeps only the one that applies. The start of a session that is not asked for is not read: it may fail.
(
    %(session_ids)s::text[] IS NULL
    OR v.session_id {session_eq} ANY (%(session_ids)s::text[]::{session_type}[])
)
AND CASE WHEN %(session_ids)s::text[] IS NULL OR v.session_id {session_eq} ANY (%(session_ids)s::text[]::{session_type}[])
    THEN (
        %(dates)s::text = 'unknown'
        AND v.started_at IS NULL
        AND (%(after_id)s::text IS NULL OR v.session_id {session_gt} %(after_id)s::text::{session_type})
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
            %(after_id)s::text IS NULL
            OR (v.started_at, v.session_id)
               {place_gt} (%(after_started_at)s::text::{started_type}, %(after_id)s::text::{session_type})
        )
    )
END

-- Which sessions this run may look at, as far as an index can tell: a time without a zone only to the day. Read before
-- the exact condition, whose conversions take most of the time of an idle run.
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
        AND v.started_at
            >= (%(since)s::timestamptz{if zoned_starts}{else} - interval '1 day'{end})::{started_type}
        AND (
            %(until)s::timestamptz IS NULL
            OR v.started_at < (%(until)s::timestamptz + interval '1 day')::{started_type}
        )
        AND (
            %(after_id)s::text IS NULL
            OR (v.started_at, v.session_id)
               {place_gt} (%(after_started_at)s::text::{started_type}, %(after_id)s::text::{session_type})
        )
    )
END

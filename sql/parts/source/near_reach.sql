-- Which sessions this run may look at, as far as an index can tell: a time without a zone only to the day. Read before
-- the exact condition, whose conversions take most of the time of an idle run.
(
    {include asked_for}
)
AND CASE
    WHEN {include asked_for}
    THEN (
        {include without_start}
        OR %(dates)s::text = 'known'
        AND v.started_at
            >= (%(since)s::timestamptz{if zoned_starts}{else} - interval '1 day'{end})::{started_type}
        AND (
            %(until)s::timestamptz IS NULL
            OR v.started_at < (%(until)s::timestamptz + interval '1 day')::{started_type}
        )
        AND (
            {include after_place}
        )
    )
END

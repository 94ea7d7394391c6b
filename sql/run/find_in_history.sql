-- find in history: the same for a full sweep, which reads years of sessions that were refunded long ago. All of them are
-- held against the ledger at once, in whatever way the planner finds cheapest; one index probe for each would take
-- several times as long. For that the index on live sessions is enough. Only those that are in no ledger are read from
-- the app's table: one by one while they are few. In the same reading: when the earliest session started that may be
-- owed later.
WITH sweeper_few AS MATERIALIZED (
    SELECT v.session_id
    {include unrefunded}
    LIMIT %(page_size)s::bigint + 1
),
sweeper_unsettled AS MATERIALIZED (
    SELECT {include standing_of_unpaid}
    {include reading}
    WHERE (SELECT pg_catalog.count(*) <= %(page_size)s::bigint FROM sweeper_few)
      AND {session_id} {session_eq} ANY (ARRAY(SELECT f.session_id FROM sweeper_few AS f))
    UNION ALL
    SELECT {include standing_of_unpaid}
    {include unrefunded}
      AND (SELECT pg_catalog.count(*) > %(page_size)s::bigint FROM sweeper_few)
),
sweeper_page AS MATERIALIZED (
    SELECT u.session_id,
           u.started_at
    FROM sweeper_unsettled AS u
    WHERE u.standing = 'owed'
    ORDER BY u.started_at, u.session_id
    LIMIT %(page_size)s::bigint
)
SELECT {include page},
       (
           SELECT pg_catalog.min(least(u.started_at::timestamptz, %(as_of)s::timestamptz))
           FROM sweeper_unsettled AS u
           WHERE u.standing = 'unripe'
       ) AS unripe_from

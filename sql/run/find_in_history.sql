-- find in history: the next owed sessions in a full sweep, which reads years of sessions that were refunded long ago.
-- All of them are compared with the ledger at once, in whatever way the planner finds cheapest, because an index probe
-- for each would take several times as long. The index on live sessions is enough for that. Only those that are in no
-- ledger are read from the app's table: one by one while they are few. The same scan finds when the earliest session
-- started that may be owed later.
WITH sweeper_few AS MATERIALIZED (
    SELECT v.session_id{if bounded},
           v.started_at{end}
    {include unrefunded}
    -- a subquery: the planner would expect to find a known number early, and look each session up in the ledger
    LIMIT (SELECT %(page_size)s::bigint + 1)
),
sweeper_unsettled AS MATERIALIZED (
    SELECT {include standing_of_unpaid}
    {include reading}
    WHERE (SELECT pg_catalog.count(*) <= %(page_size)s::bigint FROM sweeper_few)
      {if bounded}
      AND {session_id} {session_eq} ANY (ARRAY(SELECT f.session_id FROM sweeper_few AS f WHERE f.started_at IS NULL))
      AND {started_at} IS NULL
      {else}
      AND {session_id} {session_eq} ANY (ARRAY(SELECT f.session_id FROM sweeper_few AS f))
      {end}
      {if shared_ids}
      AND {include in_scope}
      {end}
    {if bounded}
    UNION ALL
    SELECT {include standing_of_unpaid}
    FROM sweeper_few AS few
    JOIN LATERAL (
        SELECT v.*
        {include reading}
        WHERE {started_at} = few.started_at  -- each is looked up in its own partition
          AND {session_id} {session_eq} few.session_id
          AND {include in_scope}
        OFFSET 0
    ) AS v ON (SELECT pg_catalog.count(*) <= %(page_size)s::bigint FROM sweeper_few)
    {end}
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

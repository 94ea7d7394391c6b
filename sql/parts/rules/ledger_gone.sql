-- Until when the app's ledger has lost rows: because it was emptied or started over (the newest are gone), or is
-- archived (the oldest are gone). Null where most are there: single rows may be deleted with their account.
(
    SELECT CASE WHEN pg_catalog.count(*) FILTER (WHERE w.gone) * 2 > pg_catalog.count(*)
               THEN pg_catalog.max(w.created_at) FILTER (WHERE w.gone)
           END
    FROM (
        {include witnesses}
          AND v.created_at >= %(newest_since)s::timestamptz
        ORDER BY v.created_at DESC
        LIMIT 100
    ) AS w
), (
    -- fewer than five are among the newest, above
    SELECT CASE WHEN pg_catalog.count(*) FILTER (WHERE w.gone) * 2 > pg_catalog.count(*) AND pg_catalog.count(*) = 5
               THEN (
                   SELECT pg_catalog.max(every.created_at)
                   FROM (
                       {include witnesses}
                         AND v.created_at >= %(paid_since)s::timestamptz
                   ) AS every
                   WHERE every.gone
               )
           END
    FROM (
        {include witnesses}
          AND v.created_at >= %(paid_since)s::timestamptz
        ORDER BY v.created_at
        LIMIT 5
    ) AS w
)

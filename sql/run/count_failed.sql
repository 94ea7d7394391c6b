-- count failed: how many of these sessions have a failed status, after all triggers of the app. Sent first for a batch
-- that needs nothing else to be read back: it takes half the time, and none where no session has changed since the
-- batch locked them.
SELECT CASE WHEN {include changed_sessions} = %(changed_before)s::bigint
           THEN pg_catalog.cardinality(%(in_hand)s::text[])
           ELSE (
               SELECT pg_catalog.count(*)
               FROM {sessions} AS s
               WHERE {include is_in_hand}
                 {include sessions_here}
                 {include in_bounds}
                 AND {status} {status_eq} ANY ({failed})
           )
       END AS failed

-- ambiguous_id: several partitions, or accounts, have a session with this id, failed, running or refunded: it is not
-- known which of them a refund is for, so no program pays another.
-- To fix: see which of them were charged, give the others an id of their own, then `sweeper run --session ID`; or waive
-- it: `sweeper adopt --session ID --amount 0 --reason TEXT`.
SELECT shared.session_id::text AS sample,
       pg_catalog.count(*) OVER () AS found
FROM (
    SELECT {session_id} AS session_id
    FROM {sessions} AS s
    WHERE {include from_floor}
    GROUP BY {session_id}
    HAVING pg_catalog.count(*) > 1
       AND (
           pg_catalog.bool_or({status} {status_eq} ANY ({live}))
           {if by_account}
           OR {session_id} IN (SELECT r.session_id FROM {refunds} AS r)
           {else}
           OR EXISTS (
               SELECT
               FROM {refunds} AS r
               WHERE r.session_id {session_eq} {session_id}
           )
           {end}
       )
) AS shared
ORDER BY shared.session_id
LIMIT 5

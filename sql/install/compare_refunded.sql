-- Counts how many of the newest refunds in a ledger are of sessions in the table, and how many of those sessions cannot
-- be the ones that were refunded: they have another account, or were started after the refund of the same attempt.
WITH newest AS MATERIALIZED (
    SELECT r.session_id,
           r.account_id,
           r.attempt,
           r.created_at
    FROM {other_refunds} AS r
    ORDER BY r.created_at DESC
    LIMIT 2000
),
known AS (
    SELECT v.session_id,
           ({include stranger}) AS stranger
    FROM newest AS r
    JOIN (
        {include mapped},
               ({old_session_id})::text AS old_session_id
        FROM {sessions} AS s
    ) AS v ON {if by_account}r.account_id {account_eq} v.account_id AND {end}{if ids_as_text}r.session_id::text = v.old_session_id{else}r.session_id {session_eq} v.session_id{end}
)
SELECT (SELECT pg_catalog.count(*) FROM newest) AS refunds,
       (SELECT pg_catalog.count(*) FROM known) AS known,
       (SELECT pg_catalog.count(*) FROM known WHERE known.stranger) AS strangers,
       ARRAY(SELECT known.session_id::text FROM known WHERE known.stranger LIMIT 3) AS samples

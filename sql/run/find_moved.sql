-- Which of some owed sessions have the account, the amount and the moment of failure of a refund whose own session is no longer
-- there: it is most likely theirs, from before their ids were changed. And how many of the orphans, which are some of these
-- refunds, are like that.
WITH owed AS MATERIALIZED (
    SELECT v.session_id,
           v.account_id,
           v.amount::numeric AS amount,
           {include owed_from} AS owed_from
    {include reading}
    WHERE {session_id} {session_eq} ANY (ARRAY(SELECT pg_catalog.unnest(%(in_hand)s::text[]::{session_type}[])))
      AND {include in_scope}
),
alike AS MATERIALIZED (
    SELECT r.refund_id, r.session_id, r.account_id, r.amount, r.failed_at
    FROM {refunds} AS r
    WHERE EXISTS (
        SELECT
        FROM owed
        WHERE {include as_refunded}
    )
),
gone AS MATERIALIZED (
    SELECT r.*
    FROM alike AS r
    WHERE NOT EXISTS (
        SELECT
        FROM {sessions} AS s
        WHERE {session_id} {session_eq} r.session_id
    )
)
SELECT ARRAY(
           SELECT owed.session_id::text
           FROM owed
           WHERE EXISTS (
               SELECT
               FROM gone AS r
               WHERE {include as_refunded}
           )
       ) AS session_ids,
       (
           SELECT pg_catalog.count(*)
           FROM gone AS r
           WHERE r.refund_id = ANY (%(orphans)s::text[]::uuid[])
       ) AS orphans

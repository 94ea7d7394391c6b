-- Finds owed sessions with the account, the amount and the moment of failure of a refund whose own session no longer
-- exists: it is most likely their refund, from before their ids were changed; or with the amount and the moment alone
-- where the account no longer exists either. Leaves out several that share all of this, such as sessions that failed in
-- one transaction, because the app may have deleted one of them. Also lists which of the orphans, which are some of these
-- refunds, match a session.
WITH owed AS MATERIALIZED (
    SELECT found.*,
           pg_catalog.count(*) OVER (PARTITION BY found.account_id, found.amount, found.owed_from) AS times,
           pg_catalog.count(*) OVER (PARTITION BY found.amount, found.owed_from) AS times_of_all
    FROM (
        SELECT v.session_id,
               v.account_id,
               v.started_at,
               v.amount::numeric AS amount,
               {include owed_from} AS owed_from
        {include reading}
        WHERE {include is_in_hand}
          AND {include in_scope}
    ) AS found
),
-- by primary key: all refunds are read only when one of these matches, or a session is on hold for such a refund
known AS MATERIALIZED (
    SELECT r.refund_id
    FROM {refunds} AS r
    WHERE r.refund_id = ANY (%(orphans)s::text[]::uuid[])
      AND EXISTS (
          SELECT
          FROM owed
          WHERE {include as_refunded}
      )
),
alike AS MATERIALIZED (
    SELECT r.refund_id, r.session_id, r.account_id, r.attempt, r.amount, r.failed_at, r.created_at
    FROM {refunds} AS r
    WHERE (%(on_hold)s::boolean OR (SELECT pg_catalog.count(*) FROM known) > 0)
      AND EXISTS (
          SELECT
          FROM owed
          WHERE {include as_refunded}
      )
),
gone AS MATERIALIZED (
    SELECT r.*
    FROM (
        SELECT r.*,
               pg_catalog.count(*) OVER (PARTITION BY r.amount, r.failed_at, {if accounts}(
                   SELECT r.account_id
                   FROM {accounts} AS a
                   WHERE {accounts_id} {account_eq} r.account_id
               ){else}r.account_id{end}) AS times
        FROM alike AS r
        WHERE {include charge_gone}
    ) AS r
    WHERE r.times = 1
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
       ARRAY(
           SELECT r.refund_id::text
           FROM gone AS r
           WHERE r.refund_id = ANY (%(orphans)s::text[]::uuid[])
       ) AS orphans

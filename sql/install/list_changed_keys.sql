-- Lists sessions that a run would pay again after the refunds are converted: a refund of their account has their amount
-- and their moment of failure, but an id and attempt that no session has. A migration that changed a column's type also
-- changed the values in it.
WITH mapped AS MATERIALIZED (
    SELECT v.*,
           {include owed_from} AS owed_from
    FROM (
        {include mapped},
               ({old_session_id})::text AS old_session_id
        FROM {sessions} AS s
    ) AS v
),
refunded AS MATERIALIZED (
    SELECT r.session_id::text AS session_id,
           pg_catalog.regexp_replace(r.attempt::text, ' \(again [0-9]+\)$', '') AS attempt,
           r.account_id::text AS account_id,
           r.amount,
           r.failed_at
    FROM {refunds} AS r
),
lost AS MATERIALIZED (
    SELECT r.account_id,
           r.amount,
           r.failed_at
    FROM refunded AS r
    WHERE r.amount > 0::numeric
      AND NOT EXISTS (
          SELECT
          FROM mapped AS m
          WHERE m.old_session_id = r.session_id{if same_attempts} AND m.attempt::text = r.attempt{end}
      )
)
SELECT v.session_id::text AS session_id,
       pg_catalog.count(*) OVER () AS sessions
FROM mapped AS v
WHERE v.status {status_eq} ANY ({live})
  AND NOT v.excluded
  AND NOT EXISTS (
      SELECT
      FROM refunded AS r
      WHERE r.session_id = v.old_session_id{if same_attempts} AND r.attempt = v.attempt::text{end}
  )
  AND EXISTS (
      SELECT
      FROM lost AS r
      WHERE r.failed_at = v.owed_from
        AND r.amount = v.amount::numeric{if same_accounts}
        AND pg_catalog.lower(r.account_id) = pg_catalog.lower(v.account_id::text){end}
  )
ORDER BY v.started_at DESC, v.session_id::text
LIMIT 5

-- Lists sessions that look charged again since their refund. Converting the ledger gives each refund the attempt of its
-- session's current charge: the refund of the earlier charge would count for the current one, which would never be
-- refunded.
WITH refunded AS MATERIALIZED (
    SELECT r.session_id::text AS session_id,
           pg_catalog.max(r.created_at) AS created_at,
           pg_catalog.max(r.failed_at) AS failed_at,
           (pg_catalog.array_agg(r.run_id ORDER BY r.created_at DESC))[1] AS run_id,
           (pg_catalog.array_agg(r.layer ORDER BY r.created_at DESC))[1] AS layer,
           pg_catalog.array_agg(pg_catalog.regexp_replace(r.attempt::text, ' \(again [0-9]+\)$', '')) AS attempts
    FROM {refunds} AS r
    WHERE {if forget_attempts}true{else}{include attempt_changes}{end}
    GROUP BY r.session_id::text
)
SELECT v.session_id::text AS session_id,
       pg_catalog.count(*) OVER () AS sessions
FROM (
    SELECT ({old_session_id})::text AS old_session_id,
           sweeper_old.sweeper_attempt AS old_attempt,
           v.session_id,
           v.status,
           v.started_at,
           -- where the old key tells charges apart, a later failure may be an edit of the row
           CASE WHEN {old_attempt_is_known} THEN v.started_at::timestamptz ELSE v.failed_at END AS failed_at,
           v.excluded
    FROM {sessions} AS s
    CROSS JOIN LATERAL (
        SELECT ({old_attempt})::text AS sweeper_attempt
    ) AS sweeper_old
    CROSS JOIN LATERAL (
        {include mapped}
    ) AS v
) AS v
JOIN refunded AS r ON r.session_id = v.old_session_id
WHERE NOT v.excluded
  AND NOT v.status {status_eq} ANY ({succeeded})
  AND (
      -- without an attempt it is not known which charge the session is at
      {old_attempt_is_known} AND (v.old_attempt = ANY (r.attempts)) IS NOT TRUE
      OR v.status {status_eq} ANY ({live}) AND {include failed_again}
      -- a refund closes its session
      OR NOT {old_attempt_is_known} AND v.status {status_eq} ANY ({running}) AND r.layer <> 'adopted'
  )
ORDER BY r.created_at DESC, v.session_id::text
LIMIT 5

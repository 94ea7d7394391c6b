-- Counts the sessions with a refund in another ledger that a run would pay under the mapping in the file.
SELECT pg_catalog.count(*) AS sessions,
       coalesce(pg_catalog.sum(v.amount::numeric) FILTER (
           WHERE v.amount::numeric NOT IN ('NaN', 'Infinity', '-Infinity')
       ), 0)::text AS credits,
       (pg_catalog.array_agg(v.session_id::text ORDER BY v.started_at DESC))[1:3] AS samples
{include mapped_sessions}
WHERE v.status {status_eq} ANY ({live})
  AND NOT v.excluded
  AND v.amount::numeric > 0::numeric
  AND EXISTS (
      SELECT
      FROM {other_refunds} AS r
      WHERE r.session_id::text = ({old_session_id})::text
        {if known_table}
        -- a refund older than every session in the table was of another session with that id, before ids started over
        AND (
            v.started_at IS NULL
            OR r.created_at >= (
                SELECT pg_catalog.min(earliest.started_at::timestamptz) - interval '1 minute'
                FROM (
                    {include mapped}
                    FROM {sessions} AS s
                ) AS earliest
            )
        )
        {else}
        AND NOT (
            {include stranger}
        )
        {end}
        AND NOT EXISTS (SELECT FROM {other_reversals} AS x WHERE x.refund_id = r.refund_id)
  )
{if own}
  AND NOT EXISTS (
      SELECT
      FROM {refunds} AS r
      WHERE r.session_id {session_eq} v.session_id AND r.attempt {attempt_eq} v.attempt
      {include refund_here}
  ){if ledger}
  {include not_in_app_ledger}{end}
{end}

-- Until when sweeper's ledger lacks some of what ended runs, or the app's layers, paid. Null where nothing is missing.
(
    {if by_account}
    SELECT pg_catalog.max(run.as_of)
    FROM (
        SELECT run.run_id, run.as_of, run.sessions
        FROM {runs} AS run
        WHERE run.ended_at IS NOT NULL
          AND run.sessions > 0
          AND run.as_of >= %(paid_since)s::timestamptz
        OFFSET 0
    ) AS run
    LEFT JOIN (
        SELECT r.run_id, r.created_at, pg_catalog.count(*) AS sessions
        FROM {refunds} AS r
        WHERE r.created_at >= %(paid_since)s::timestamptz
          AND r.run_id IS NOT NULL
        GROUP BY r.run_id, r.created_at
        OFFSET 0
    ) AS written ON written.run_id = run.run_id AND written.created_at = run.as_of
    WHERE run.sessions > coalesce(written.sessions, 0::bigint)
    {else}
    SELECT run.as_of
    FROM {runs} AS run
    WHERE run.ended_at IS NOT NULL
      AND run.sessions > 0
      AND run.as_of >= %(paid_since)s::timestamptz
      AND run.started_at >= %(paid_since)s::timestamptz - interval '1 hour'  -- for the index; clocks differ
      AND run.sessions > (
          SELECT pg_catalog.count(*)
          FROM {refunds} AS r
          WHERE r.run_id = run.run_id AND r.created_at = run.as_of
      )
    ORDER BY run.as_of DESC
    LIMIT 1
    {end}
), (
    SELECT pg_catalog.max(layers.until)
    FROM (
        {include layers_counted}
    ) AS layers
    WHERE layers.until >= %(paid_since)s::timestamptz{if by_account}{else}
      AND layers.started_at >= %(paid_since)s::timestamptz - interval '1 hour'{end}
)

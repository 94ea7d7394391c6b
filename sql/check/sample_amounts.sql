-- What the newest failed sessions would be owed, and how many of them nothing.
SELECT pg_catalog.count(*) AS sessions,
       pg_catalog.count(*) FILTER (WHERE found.amount IS NULL) AS nulls
FROM (
    SELECT v.amount
    {include reading}
    WHERE {read_live_condition}
      AND v.status {status_eq} ANY ({failed})
      AND NOT v.excluded
    ORDER BY {if by_account}v.started_at{else}{started_at}{end} DESC
    LIMIT 1000
) AS found

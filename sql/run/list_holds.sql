-- Counts the sessions on hold by reason.
SELECT h.why || coalesce(' ' || h.sqlstate, '') AS why,
       pg_catalog.count(*) AS sessions,
       (pg_catalog.array_agg(h.session_id::text ORDER BY h.first_seen, h.session_id))[1:3] AS samples
FROM {holds} AS h
WHERE h.ended_at IS NULL
GROUP BY 1
ORDER BY sessions DESC, why

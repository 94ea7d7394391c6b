-- Counts the sessions on hold.
SELECT pg_catalog.count(*) AS held
FROM {holds} AS h
WHERE h.ended_at IS NULL

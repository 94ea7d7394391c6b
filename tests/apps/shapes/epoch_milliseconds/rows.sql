INSERT INTO devs SELECT 'dev' || account, 300 - sum(charge) FILTER (WHERE kind <> 'refunded'), 0 FROM planned GROUP BY account;
INSERT INTO builds
SELECT 'build' || number, 'dev' || account, CASE state WHEN 'waiting' THEN 'queued' ELSE state END, charge,
    CASE kind WHEN 'refunded' THEN 1000 * extract(epoch FROM ended) END, 1000 * extract(epoch FROM started),
    1000 * extract(epoch FROM coalesce(ended, started)), 1000 * extract(epoch FROM ended)
FROM planned;

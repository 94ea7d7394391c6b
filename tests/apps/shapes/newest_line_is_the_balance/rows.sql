INSERT INTO shops SELECT n, 'shop' FROM generate_series(1, 5) AS n;
SELECT add_line(n, 'in', 300, '{}') FROM generate_series(1, 5) AS n;
INSERT INTO feeds
SELECT number, account, CASE state WHEN 'waiting' THEN 'queued' WHEN 'running' THEN 'building' WHEN 'succeeded' THEN 'built'
    ELSE 'failed' END, CASE charge WHEN 0 THEN 4 ELSE charge END, CASE state WHEN 'failed' THEN ended AT TIME ZONE 'UTC' END,
    started AT TIME ZONE 'UTC', coalesce(ended, started) AT TIME ZONE 'UTC'
FROM planned;
SELECT add_line(account, way, charge, json_build_object(CASE way WHEN 'in' THEN 'refund_of' ELSE 'feed' END, number))
FROM planned CROSS JOIN (VALUES ('out'), ('in')) AS ways (way)
WHERE charge > 0 AND (way = 'out' OR kind = 'refunded')
ORDER BY number, way DESC;

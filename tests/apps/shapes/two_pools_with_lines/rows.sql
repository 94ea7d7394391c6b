INSERT INTO schools SELECT n, 0, 0 FROM generate_series(1, 5) AS n;
SELECT move_milli(n, pool, 300000, 'grant', NULL) FROM generate_series(1, 5) AS n, unnest(ARRAY['bought', 'gift']) AS pool;
INSERT INTO essays
SELECT number, account, CASE state WHEN 'waiting' THEN 'queued' WHEN 'running' THEN 'marking' WHEN 'succeeded' THEN 'marked'
    ELSE 'failed' END, started, ended
FROM planned;
-- the gift is spent first; a charge comes before its refund
SELECT move_milli(account, pool, CASE why WHEN 'charge' THEN -milli ELSE milli END, why, number)
FROM planned
CROSS JOIN LATERAL (VALUES ('gift', 1000 * least(charge, number % 4)),
                           ('bought', 1000 * (charge - least(charge, number % 4)))) AS parts (pool, milli)
CROSS JOIN (VALUES ('charge'), ('refund')) AS moves (why)
WHERE milli > 0 AND (why = 'charge' OR kind = 'refunded')
ORDER BY number, why;

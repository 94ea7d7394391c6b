INSERT INTO makers SELECT n, 300 FROM generate_series(1, 5) AS n;
INSERT INTO renders
SELECT id, account, CASE state WHEN 'waiting' THEN 'queued' WHEN 'running' THEN 'working' WHEN 'succeeded' THEN 'done'
    ELSE 'failed' END, charge, CASE WHEN state <> 'waiting' THEN started + interval '2 hours' END,
    CASE kind WHEN 'refunded' THEN ended END, started - CASE state WHEN 'waiting' THEN interval '40 hours' ELSE '0' END, ended
FROM planned;
UPDATE makers AS m SET coins = m.coins - taken.sum
FROM (SELECT maker_id, sum(coins) FROM renders WHERE refunded_at IS NULL GROUP BY 1) AS taken WHERE taken.maker_id = m.id;
